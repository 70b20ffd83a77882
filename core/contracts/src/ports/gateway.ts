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
  close(): Promise<void>;
}

/** `path` is the gateway path (`/maven/org/…`), `digest` of the bytes served. Indexes and metadata files have `immutable: false`. */
export interface ServedFile {
  path: string;
  digest: string;
  size: number;
  immutable: boolean;
}
