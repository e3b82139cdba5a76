import { type Static, Type } from 'typebox';
import { strict, Timestamp } from './words.ts';

/** The machines that etcd's maintainers support, as etcd names them in its releases. */
export const Architecture = Type.Union([Type.Literal('amd64'), Type.Literal('arm64')]);
export type Architecture = Static<typeof Architecture>;

const namesInNode: Readonly<Record<string, Architecture>> = { x64: 'amd64', arm64: 'arm64' };

/** @param name as Node.js names it; null for a machine that etcd does not support */
export function architectureOf(name: string): Architecture | null {
  return Object.hasOwn(namesInNode, name) ? (namesInNode[name] ?? null) : null;
}

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

const megabyte = 1024 * 1024;
/** The archive of an etcd release has some 20 MB, and an etcdutl some 17 MB. */
export const mostReleaseFileBytes = 96 * megabyte;
export const mostToolBytes = 64 * megabyte;
/** A request carries at most so much of a file: it must end within the coordinator's limit of 20 s. */
export const releasePartBytes = 512 * 1024;

/** An etcdutl of the coordinator's release store, as its nodes fetch it: `GET /v1/node/releases/:sha256?offset=N`. */
export const ToolOrder = Type.Object({
  sha256: Sha256,
  sizeBytes: Type.Integer({ minimum: 1, maximum: mostToolBytes }),
});
export type ToolOrder = Static<typeof ToolOrder>;

/** `PUT /v1/releases/:sha256/content?offset=N`, part after part; answered with how much is there now. */
export const ReleasePartAnswer = Type.Object({ receivedBytes: Type.Integer({ minimum: 0 }) });
export type ReleasePartAnswer = Static<typeof ReleasePartAnswer>;

/** `POST /v1/releases/:sha256`: all of the file has been sent. */
export const ReleaseAdd = Type.Object(
  {
    /** The file's name; a version may stand in it. */
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9._+~-]+$' }),
    /** A program for another architecture is refused. Left out, either is taken. */
    architecture: Type.Optional(Architecture),
  },
  strict,
);
export type ReleaseAdd = Static<typeof ReleaseAdd>;

/** One etcdutl of the release store. */
export const ReleaseView = Type.Object({
  /** Of etcdutl itself, not of the archive that it came in. */
  sha256: Sha256,
  sizeBytes: Type.Integer({ minimum: 1 }),
  architecture: Architecture,
  /** null if neither a name nor the program says it. */
  version: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
  /** Left out where the program does not say which it is. */
  program: Type.Optional(Type.Union([Type.Literal('etcdutl'), Type.Literal('etcdctl')])),
  addedAt: Timestamp,
  /** The file that it came in. */
  file: Type.Object({ name: Type.String(), sha256: Sha256 }),
});
export type ReleaseView = Static<typeof ReleaseView>;

/** `GET /v1/releases`. */
export const ReleaseList = Type.Object({ items: Type.Array(ReleaseView) });
export type ReleaseList = Static<typeof ReleaseList>;
