/** Every side effect on the machine, by interface: nothing else in the agent touches it. */
export interface Host {
  readonly files: HostFiles;
  readonly init: InitSystem;
  readonly clock: Clock;
  readonly network: HostNetwork;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface FileToWrite {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** null leaves it to the one who runs the agent: the demo is not root. */
  readonly owner: Owner | null;
}

export interface HostFiles {
  /** null if there is no such file. */
  read(path: string): Promise<string | null>;
  /**
   * Whole or not at all (R9): written beside the target, fsynced, renamed over it, the directory fsynced.
   * Throws `disk_full` or `path_not_writable` with the path; the old content then stands.
   */
  writeWhole(file: FileToWrite): Promise<void>;
  /** A symbolic link, replaced as whole as a file is. */
  linkWhole(path: string, target: string): Promise<void>;
  readLink(path: string): Promise<string | null>;
  exists(path: string): Promise<boolean>;
  list(path: string): Promise<readonly string[]>;
  /** Makes this one folder, not its parents, and fsyncs the parent; throws if it is there already. */
  makeFolder(path: string, mode: number, owner: Owner | null): Promise<void>;
  /** Makes the folder and its parents where they are missing. */
  ensureFolder(path: string, mode: number, owner: Owner | null): Promise<void>;
  remove(path: string): Promise<void>;
  /**
   * Sees to it that etcd, as this user, can pass through a folder on the way to its data and cannot write in it (R4).
   * Throws `data_root_exposed` where the mode alone does not mend it.
   */
  guard(folder: { readonly path: string; readonly mode: number }, etcd: Owner | null): Promise<void>;
}

/** What the init system should run; everything else of the service is the driver's own affair. */
export interface EtcdUnit {
  /** Absolute path of the etcd binary. */
  readonly binary: string;
  readonly confFile: string;
  readonly logFile: string;
  readonly owner: Owner | null;
}

export type ServiceState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly pid: number; readonly restarts: number }
  | {
      readonly kind: 'crashed';
      readonly restarts: number;
      /** `exit status 1`, `SIGKILL`, … as far as the driver can know. */
      readonly how: string;
    };

/** One driver per init system: `process` here; OpenRC's supervise-daemon and systemd behind the same words. */
export interface InitSystem {
  readonly name: 'process' | 'openrc' | 'systemd';
  /** Puts the service definition in place where it differs; starts nothing; true if it changed anything. */
  install(unit: EtcdUnit): Promise<boolean>;
  state(): Promise<ServiceState>;
  /** Resolves once the process has been started, not once etcd serves. Starting what runs changes nothing. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL after a grace of `graceMs`; resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
  /** The newest log lines, oldest first. */
  lastLog(lines: number): Promise<readonly string[]>;
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that no clock change moves and that go on while the machine sleeps where the system can. */
  monotonic(): number;
  /** Resolves after so long, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface HostNetwork {
  readonly hostname: string;
  /** Every address on an interface, loopback ones too. */
  addresses(): readonly string[];
  /** Whether this process could listen there now; otherwise who does, as far as it can be known. */
  portFree(
    address: string,
    port: number,
  ): Promise<{ readonly free: true } | { readonly free: false; readonly by: string }>;
}
