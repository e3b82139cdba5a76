import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, MemberName, strict, Timestamp } from './primitives.ts';
import { oneOf, orNull } from './unions.ts';

/** The architectures that etcd's maintainers support, with the names of etcd's releases. */
export const Architecture = oneOf('amd64', 'arm64');
export type Architecture = Static<typeof Architecture>;

const namesInNode: Readonly<Record<string, Architecture>> = { x64: 'amd64', arm64: 'arm64' };

/** @param name as Node.js names it. Returns null for an architecture that etcd does not support. */
export function architectureOf(name: string): Architecture | null {
  return Object.hasOwn(namesInNode, name) ? (namesInNode[name] ?? null) : null;
}

/** The name of the archive of a release, as etcd's maintainers name it. @param architecture may be a placeholder */
export function archiveNameOf(version: string, architecture: string): string {
  return `etcd-v${version}-linux-${architecture}.tar.gz`;
}

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

const megabyte = 1024 * 1024;
/** The archive of an etcd release has about 20 MB, and its largest program about 27 MB. */
export const mostReleaseFileBytes = 96 * megabyte;
export const mostProgramBytes = 64 * megabyte;
/** The largest part of a file in one request, which must end within the coordinator's limit of 20 s. */
export const releasePartBytes = 512 * 1024;

/** An etcdutl in the coordinator's release store. Nodes fetch it with `GET /v1/node/releases/:sha256?offset=N`. */
export const ToolOrder = Type.Object({
  sha256: Sha256,
  sizeBytes: Type.Integer({ minimum: 1, maximum: mostProgramBytes }),
});
export type ToolOrder = Static<typeof ToolOrder>;

/** `PUT /v1/releases/:sha256/content?offset=N` for each part. The answer says how much the coordinator has. */
export const ReleasePartAnswer = Type.Object({ receivedBytes: Type.Integer({ minimum: 0 }) });
export type ReleasePartAnswer = Static<typeof ReleasePartAnswer>;

/** `POST /v1/releases/:sha256`: all parts of the file were sent. */
export const ReleaseAdd = Type.Object(
  {
    /** The file's name, which may contain a version. */
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9._+~-]+$' }),
    /** Refuse a program for another architecture. If left out, each architecture is accepted. */
    architecture: Type.Optional(Architecture),
  },
  strict,
);
export type ReleaseAdd = Static<typeof ReleaseAdd>;

export const programNames = ['etcd', 'etcdctl', 'etcdutl'] as const;
export type ProgramName = (typeof programNames)[number];

const ReleaseProgram = Type.Object({
  name: oneOf(...programNames),
  sha256: Sha256,
  sizeBytes: Type.Integer({ minimum: 1, maximum: mostProgramBytes }),
});
export type ReleaseProgram = Static<typeof ReleaseProgram>;

/** The version of a release, such as `3.6.14`, without a leading `v`. */
export const ReleaseVersion = Type.String({ pattern: '^[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,4}(-[0-9A-Za-z.]{1,40})?$' });

/** The release of the coordinator's store that a member runs instead of its system's package. */
export const ProgramOrder = Type.Object({
  version: ReleaseVersion,
  /** For the machine of this node, etcd first, each by its hash; null if the store has none: then nothing else replaces it. */
  programs: orNull(Type.Array(ReleaseProgram, { minItems: 1, maxItems: 3 })),
});
export type ProgramOrder = Static<typeof ProgramOrder>;

/** What the release store has kept of one file. */
export const ReleaseView = Type.Object({
  /** The hash and the name of the file that was added. */
  sha256: Sha256,
  name: Type.String(),
  architecture: Architecture,
  /** null if neither the programs nor the file's name says it. */
  version: orNull(Type.String({ maxLength: 64 })),
  /** All three of a release, or the one that was added alone. */
  programs: Type.Array(ReleaseProgram, { minItems: 1 }),
  addedAt: Timestamp,
});
export type ReleaseView = Static<typeof ReleaseView>;

/** A cluster that uses a release. */
export const ReleaseUse = Type.Object({
  cluster: ClusterName,
  /** Its members should run it, or may get it back: the store keeps it. */
  wanted: Type.Boolean(),
  /** Those whose last report says that they run it. */
  members: Type.Array(MemberName),
});
export type ReleaseUse = Static<typeof ReleaseUse>;

export const ListedRelease = Type.Object({
  ...ReleaseView.properties,
  /** Left out by a coordinator from before. */
  usedBy: Type.Optional(Type.Array(ReleaseUse)),
});
export type ListedRelease = Static<typeof ListedRelease>;

/** `GET /v1/releases`. */
export const ReleaseList = Type.Object({ items: Type.Array(ListedRelease) });
export type ReleaseList = Static<typeof ReleaseList>;

/** The name of an archive of etcd's releases. */
export function archiveName(version: string, architecture: Architecture): string {
  return `etcd-v${version}-linux-${architecture}.tar.gz`;
}

/** `PUT /v1/release-fetches/:sha256`: the coordinator fetches this archive from its mirror, and keeps it only if it has this hash. */
export const ReleaseFetch = Type.Object({ version: ReleaseVersion, architecture: Architecture }, strict);
export type ReleaseFetch = Static<typeof ReleaseFetch>;

/** How far a fetch is. The coordinator forgets it when it restarts. */
export const ReleaseFetchView = Type.Object({
  sha256: Sha256,
  name: Type.String(),
  version: ReleaseVersion,
  architecture: Architecture,
  state: oneOf('fetching', 'stored', 'failed'),
  receivedBytes: Type.Integer({ minimum: 0 }),
  /** As the mirror says; null if it does not say. */
  totalBytes: orNull(Type.Integer({ minimum: 0 })),
  /** Why it failed; null if it did not. */
  error: orNull(
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      hint: Type.String(),
      details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
    }),
  ),
});
export type ReleaseFetchView = Static<typeof ReleaseFetchView>;

/** `GET /v1/release-fetches` */
export const ReleaseFetches = Type.Object({
  /** Of the nodes that have joined and run etcd. */
  architectures: Type.Array(Architecture),
  /** The folder of the releases, as a URL. */
  mirror: Type.String(),
  items: Type.Array(ReleaseFetchView),
});
export type ReleaseFetches = Static<typeof ReleaseFetches>;
