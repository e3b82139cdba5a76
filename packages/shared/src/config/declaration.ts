import { type Static, Type } from 'typebox';
import { stringify } from 'yaml';
import { failure, PicketError } from '../errors.ts';
import { ClusterCreate, type ClusterSpec } from '../protocol/clusters.ts';
import { strict } from '../protocol/primitives.ts';
import { whyFixed } from './fixed-settings.ts';
import { readStrictYaml } from './strict-yaml.ts';

/** A cluster as a file that an operator keeps: what is left out stays as it is. */
export const Declaration = Type.Object(
  {
    ...ClusterCreate.properties,
    /** The revision that it was made from; it is refused if the cluster has gone on since. */
    revision: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  strict,
);
export type Declaration = Static<typeof Declaration>;

/** The whole of a spec as YAML, which `readDeclaration` reads. */
export function writeDeclaration({
  name,
  revision,
  members,
  etcdMetrics = 'loopback',
  ...settings
}: ClusterSpec): string {
  return stringify({ name, revision, ...settings, etcdMetrics, members }, { lineWidth: 0 });
}

/** Throws `declaration_invalid` with the file, the line and what to write instead. */
export function readDeclaration(text: string, file: string): Declaration {
  try {
    return readStrictYaml(text, Declaration, file, whyFixed);
  } catch (error) {
    if (!(error instanceof PicketError) || error.code !== 'config_invalid') throw error;
    throw failure('declaration_invalid', { file, problem: String(error.details.problem) }, { cause: error });
  }
}
