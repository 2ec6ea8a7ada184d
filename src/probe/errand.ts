/** One DNS question to put from inside. */
export interface ProbeQuestion {
  /** An IP address; null for the name servers of the container's own /etc/resolv.conf. */
  readonly server: string | null;
  /** Absolute, lower case, in master-file notation. */
  readonly name: string;
  /** A record type's mnemonic. */
  readonly type: string;
  readonly transport: "udp" | "tcp";
  /** The UDP payload size that EDNS offers, in bytes; null asks without EDNS. */
  readonly bufferSize: number | null;
}

/** One TCP connection to open from inside. */
export interface ProbeConnect {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
}

/** What is to be asked from inside, already worked out. */
export interface Errand {
  readonly questions: readonly ProbeQuestion[];
  readonly connects: readonly ProbeConnect[];
  /** How often to ask everything: `--count`. */
  readonly rounds: number;
}

/**
 * What a container runs: a fixed script of ours and its arguments. Whatever differs from errand to errand stands in
 * `args` and never in the script's text.
 */
export interface ProbeProgram {
  readonly command: readonly string[];
  readonly args: readonly string[];
}
