import { AuditHead } from '@picket/shared/protocol/audit.ts';
import { Identifier, strict, Timestamp } from '@picket/shared/protocol/primitives.ts';
import { orNull } from '@picket/shared/protocol/unions.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';

/** Only the files of a coordinator: a foreign archive cannot write elsewhere, and no other file gets into a backup. */
const partName =
  '^(inventory\\.sqlite|coordinator\\.yml|authority/(revocations\\.log|accepted-clock\\.json|control/(certificate|key)\\.pem|seal/key\\.pem|clusters/[a-z0-9]{8,40}/(client|peer)\\.(certificate|key)\\.pem))$';

const Part = Type.Object(
  {
    name: Type.String({ pattern: partName }),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  strict,
);

const content = {
  /** The version of the coordinator that made it. */
  version: Type.String({ maxLength: 64 }),
  inventory: Identifier,
  /** The moment of which the backup is. */
  takenAt: Timestamp,
  /** The newest entry of the audit log in it; null for a store without any. */
  auditHead: orNull(AuditHead),
  parts: Type.Array(Part, { maxItems: 100_000 }),
};

const MadeBy = Type.Object(
  {
    /** The machine's own name. */
    host: Type.String({ maxLength: 255 }),
    /** Where that coordinator served. */
    url: Type.String({ maxLength: 300 }),
  },
  strict,
);

/** The content of a backup; the first file of the archive. The second is the MAC of this file's octets. */
export const Manifest = Type.Object({ format: Type.Literal(2), madeBy: MadeBy, ...content }, strict);
export type Manifest = Static<typeof Manifest>;

/** As versions before the MAC wrote it. */
export const ManifestWithoutMac = Type.Object({ format: Type.Literal(1), ...content }, strict);

/** What was read of a manifest; `madeBy` is null for one without MAC. */
export type ReadManifest = Omit<Manifest, 'format' | 'madeBy'> & { readonly madeBy: Manifest['madeBy'] | null };

export function isPartName(name: string): boolean {
  return new RegExp(partName, 'u').test(name);
}

export const manifestName = 'manifest.json';
export const macName = 'manifest.mac';
export const databaseName = 'inventory.sqlite';
export const configName = 'coordinator.yml';
export const revocationsName = 'authority/revocations.log';
