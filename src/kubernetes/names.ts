/*
 * What the API server takes as a name (apimachinery pkg/util/validation/validation.go).
 */

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** A port's name, a hostname, a subdomain, a StatefulSet's serviceName. */
export function isDns1123Label(text: string): boolean {
  return text.length <= 63 && LABEL.test(text);
}

/** A Service's name: a label that begins with a letter. */
export function isDns1035Label(text: string): boolean {
  return isDns1123Label(text) && /^[a-z]/.test(text);
}

/** The name of most objects; an externalName. */
export function isDns1123Subdomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => LABEL.test(label));
}

/** The name of a container's port, as a targetPort names it. */
export function isPortName(text: string): boolean {
  return /^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && text.length <= 15;
}

const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** A label's key: a name, or a domain, a slash and a name. */
export function isQualifiedName(text: string): boolean {
  const [first = "", second, ...more] = text.split("/");
  if (more.length > 0) return false;
  const name = second ?? first;
  return name.length <= 63 && QUALIFIED.test(name) && (second === undefined || isDns1123Subdomain(first));
}

/** A label's value; it may be empty. */
export function isLabelValue(text: string): boolean {
  return text === "" || (text.length <= 63 && QUALIFIED.test(text));
}
