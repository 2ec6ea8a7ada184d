/**
 * What keeps a cluster from being read at all. `config` and `not-found` are the caller's to put right (exit code 2), the
 * others mean that nothing could be asked (exit code 3).
 */
export type ClusterErrorKind = "config" | "not-found" | "unreachable" | "unauthorized" | "tls" | "timeout" | "protocol";

/** One clear line (`message`) and what to try next (`advice`, "" where there is nothing to say). */
export class ClusterError extends Error {
  readonly kind: ClusterErrorKind;
  readonly advice: string;
  readonly exitCode: 2 | 3;

  constructor(kind: ClusterErrorKind, message: string, advice = "", options?: ErrorOptions) {
    super(oneLine(message), options);
    this.name = "ClusterError";
    this.kind = kind;
    this.advice = oneLine(advice);
    this.exitCode = kind === "config" || kind === "not-found" ? 2 : 3;
  }
}

/** The cluster has no namespace of this name. */
export class NoSuchNamespace extends ClusterError {
  readonly namespace: string;

  constructor(namespace: string, description: string, advice: string) {
    super("not-found", `no namespace "${namespace}" in ${description}`, advice);
    this.namespace = namespace;
  }
}

/** Foreign text (a server's message, a plugin's complaint) as one line of at most 300 characters. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= 300 ? line : `${line.slice(0, 297)}...`;
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error's `code`, its cause's, or that of the first attempt where Node tried several addresses. */
export function codeOf(error: unknown): string {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth++) {
    if ("code" in current && typeof current.code === "string") return current.code;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : null);
  }
  return "";
}

const CUT = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "ERR_STREAM_PREMATURE_CLOSE"]);
const ABSENT = new Set(["ECONNREFUSED", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"]);

/** Whether the connection went away under a request. */
export function isCut(error: unknown): boolean {
  return CUT.has(codeOf(error));
}

/** Whether there was nobody to connect to, which may pass. */
export function isAbsent(error: unknown): boolean {
  return ABSENT.has(codeOf(error));
}

const UNTRUSTED = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
]);

/** Says in words what went wrong between here and `server` (its URL). A ClusterError says so already. */
export function connectionError(error: unknown, server: string): ClusterError {
  if (error instanceof ClusterError) return error;
  const code = codeOf(error);
  const message = messageOf(error);
  const make = (kind: ClusterErrorKind, text: string, advice: string) =>
    new ClusterError(kind, `${server}: ${text}`, advice, { cause: error });
  const running =
    "is the cluster running, and is this the context you mean? kubectl config get-contexts lists them, --context chooses";

  if (code === "ECONNREFUSED") return make("unreachable", "connection refused", running);
  if (code === "ENOTFOUND") return make("unreachable", "no such host", `${running}; a VPN may be needed`);
  if (code === "EAI_AGAIN") return make("unreachable", "the host's name could not be looked up", "is there a network?");
  if (code === "ENETUNREACH" || code === "EHOSTUNREACH" || code === "ETIMEDOUT") {
    return make("unreachable", "no route to the host", `${running}; a VPN or a proxy may be needed`);
  }
  if (CUT.has(code)) return make("unreachable", "the connection was cut", "try again; a proxy on the way may cut it");
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    const when = code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet";
    return make("tls", `the server's certificate ${when}`, "renew it, or set this machine's clock right");
  }
  if (UNTRUSTED.has(code)) {
    return make(
      "tls",
      "the server's certificate is not signed by an authority that the kubeconfig trusts",
      "was the cluster made anew? fetch its kubeconfig again, or set certificate-authority",
    );
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return make(
      "tls",
      `the server's certificate is for other names (${certifiedNames(error) || message})`,
      "use a server address that the certificate names, or set tls-server-name",
    );
  }
  if (/wrong.version.number|packet.length.too.long|http.request/i.test(`${code} ${message}`)) {
    return make("tls", "the server does not speak TLS", "does it want http:// instead of https://?");
  }
  if (/alert/i.test(`${code} ${message}`)) {
    return make(
      "tls",
      `the server ended the TLS handshake (${/alert.*$/i.exec(message)?.[0] ?? code})`,
      "is the client certificate of the kubeconfig still valid?",
    );
  }
  if (/^ERR_OSSL|^ERR_CRYPTO|^ERR_SSL|^EPROTO$/.test(code)) {
    return make(
      "tls",
      message,
      "are the certificates and the key of the kubeconfig whole, and do they belong together?",
    );
  }
  if (/^HPE_/.test(code)) {
    return make("protocol", "the answer is not HTTP", "does the server want https:// instead of http://?");
  }
  return make("unreachable", message === "" ? code : message, running);
}

/** `DNS:kubernetes, IP Address:10.96.0.1`, as Node hands it on with its complaint. */
function certifiedNames(error: unknown): string {
  const cert: unknown = error instanceof Error && "cert" in error ? error.cert : null;
  return typeof cert === "object" && cert !== null && "subjectaltname" in cert ? String(cert.subjectaltname) : "";
}
