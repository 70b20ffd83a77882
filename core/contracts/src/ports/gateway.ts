import type { SlowLaneError } from '../error.ts';

/**
 * Dependency gateway. One opened door is one Unix socket, which is the identity of the build behind it: only the registries
 * named may be asked, GET and HEAD only, and everything served is written down.
 */
export interface DependencyGateway {
  /** `layouts`: of registries that the gateway does not know, see `PluginManifest`. */
  open(door: {
    id: string;
    registries: readonly string[];
    layouts?: Readonly<Record<string, readonly string[]>>;
    /** `host:port` that CONNECT leads to, by TLS for this very name; nothing by default. */
    connect?: readonly string[];
  }): Promise<GatewayDoor>;
  /** `registry name -> upstream base URL`, as learned from the tools' configuration and overridden by slowlane.yaml. */
  upstreams(): Record<string, string>;
  close(): Promise<void>;
}

export interface GatewayDoor {
  readonly socketPath: string;
  /** What was served so far: the dependency set of the build. */
  served(): ServedFile[];
  /** What was refused so far, so that a failed resolve can say why. */
  denied(): { path: string; reason: string }[];
  /** What went past all layouts, unseen and not verified. */
  tunnels?(): GatewayTunnel[];
  close(): Promise<void>;
}

/** One connection to a host that `connect` names. */
export interface GatewayTunnel {
  /** `host:port` */
  host: string;
  bytesUp: number;
  bytesDown: number;
}

/** `path` is the gateway path (`/maven/org/…`), `digest` of the bytes served. Indexes and metadata files have `immutable: false`. */
export interface ServedFile {
  path: string;
  digest: string;
  size: number;
  immutable: boolean;
}

/** The way to git repositories. Credentials of https are added on the far side of it: neither git nor a log ever sees them. */
export interface GitGateway {
  /** Opens the way to one repository, for fetching only. Connects to nothing yet. */
  openGit(order: GitOrder): Promise<GitDoor>;
  /**
   * Brings files that git keeps outside the repository (LFS) into the blob store, each checked by digest and size. Throws `source.not-found`,
   * `source.refused`, `source.too-large`, `source.unreachable`.
   */
  fetchLfs(order: LfsOrder): Promise<void>;
}

export interface GitOrder {
  id: string;
  /** https or ssh address of the repository, checked by the caller: no credentials, no query. */
  url: string;
  /** Whether the operator named the host: only then may its address be a private one. */
  mayBePrivate: boolean;
  /** Most that is passed on in all, in bytes. */
  maxBytes: number;
}

export interface LfsOrder extends GitOrder {
  files: readonly { digest: string; size: number }[];
  /** Of a repository that speaks ssh; `mayBePrivate` then tells of this server's host. */
  server?: LfsServer;
  signal: AbortSignal;
}

/** Who has the LFS files of a repository, as its host said over ssh. */
export interface LfsServer {
  /** https, checked by the caller. */
  url: string;
  /** What the host gave to be let in there. */
  headers: Readonly<Record<string, string>>;
}

/** One Unix socket, which answers what `git fetch` and `git ls-remote` ask of this one repository, and nothing else. */
export interface GitDoor {
  readonly socketPath: string;
  /** Path of the repository behind the socket: `/repository`. */
  readonly path: string;
  /** The socket leads to a server that speaks ssh, and this is what a client needs for it. Absent: it speaks http. */
  readonly ssh?: SshAccess;
  /** Why the last request was refused or failed; git itself only tells the status. */
  failure(): SlowLaneError | undefined;
  close(): Promise<void>;
}

/** A deploy key, and the keys that the server must have. */
export interface SshAccess {
  user: string;
  /** In the format of OpenSSH or PEM. */
  privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  hostKeys: readonly string[];
}
