import { type Static, Type } from 'typebox';
import { stringify } from 'yaml';
import { ClusterCreate, type ClusterSpec } from '../protocol/clusters.ts';
import { strict } from '../protocol/words.ts';
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
export function writeDeclaration({ name, revision, members, ...settings }: ClusterSpec): string {
  return stringify({ name, revision, ...settings, members }, { lineWidth: 0 });
}

/** Throws `config_invalid` with the file, the line and what to write instead. */
export function readDeclaration(text: string, file: string): Declaration {
  return readStrictYaml(text, Declaration, file, whyFixed);
}
