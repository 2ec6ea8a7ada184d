// Certificates for the tests' own servers, made anew in every run. X.509 in DER, as little of it as TLS wants.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export interface CertifiedKey {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface Authority extends CertifiedKey {
  /** A certificate signed by this authority, for a server by `hosts`, for a client by its name and groups. */
  issue(subject: Subject): CertifiedKey;
}

interface Subject {
  readonly name: string;
  readonly groups?: readonly string[];
  readonly hosts?: readonly string[];
  readonly notAfter?: Date;
}

export function makeAuthority(name: string): Authority {
  const own = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const make = (subject: Subject, publicKey: KeyObject, isAuthority: boolean) =>
    pem(certificate({ subject, issuer: { name }, publicKey, signer: own.privateKey, isAuthority }));
  return {
    cert: make({ name }, own.publicKey, true),
    key: pemKey(own.privateKey),
    issue(subject) {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
      return { cert: make(subject, publicKey, false), key: pemKey(privateKey) };
    },
  };
}

const OID = {
  commonName: [0x55, 4, 3],
  organization: [0x55, 4, 10],
  subjectAltName: [0x55, 0x1d, 17],
  basicConstraints: [0x55, 0x1d, 19],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
};

function certificate(parts: {
  readonly subject: Subject;
  readonly issuer: Subject;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly isAuthority: boolean;
}): Buffer {
  const { subject, issuer, publicKey, signer, isAuthority } = parts;
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const notAfter = subject.notAfter ?? new Date(Date.now() + 86_400_000);
  const notBefore = new Date(Math.min(Date.now(), notAfter.getTime()) - 86_400_000);
  const hosts = (subject.hosts ?? []).map((host) =>
    isIPv4(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host)),
  );
  const extensions = [
    sequence(oid(OID.basicConstraints), der(1, [0xff]), der(4, sequence(...(isAuthority ? [der(1, [0xff])] : [])))),
    ...(hosts.length === 0 ? [] : [sequence(oid(OID.subjectAltName), der(4, sequence(...hosts)))]),
  ];
  const body = sequence(
    der(0xa0, der(2, [2])),
    der(2, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  return sequence(body, algorithm, der(3, [0], sign("sha256", body, signer)));
}

function distinguishedName({ name, groups = [] }: Subject): Buffer {
  const part = (type: readonly number[], text: string) => der(0x31, sequence(oid(type), der(0x0c, Buffer.from(text))));
  return sequence(...groups.map((group) => part(OID.organization, group)), part(OID.commonName, name));
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return der(0x30, ...contents);
}

function oid(bytes: readonly number[]): Buffer {
  return der(6, bytes);
}

function der(tag: number, ...contents: readonly (Buffer | readonly number[])[]): Buffer {
  const content = Buffer.concat(contents.map((each) => Buffer.from(each)));
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function pem(bytes: Buffer): string {
  const lines = bytes
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function pemKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
