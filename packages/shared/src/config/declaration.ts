import type { Static } from 'typebox';
import * as Type from 'typebox';
import { stringify } from 'yaml';
import { failure, PicketError } from '../errors.ts';
import { ClusterCreate, type ClusterSpec, type EtcdSource } from '../protocol/clusters.ts';
import { strict } from '../protocol/primitives.ts';
import { ReleaseVersion } from '../protocol/releases.ts';
import { oneOf } from '../protocol/unions.ts';
import { whyFixed } from './fixed-settings.ts';
import { readStrictYaml } from './strict-yaml.ts';

/** Where etcd comes from, with one form for both sources: so an error names the key that is wrong. */
const WrittenEtcd = Type.Object(
  { source: oneOf('package', 'release'), version: Type.Optional(ReleaseVersion) },
  strict,
);

export const WrittenDeclaration = Type.Object(
  {
    ...ClusterCreate.properties,
    etcd: Type.Optional(WrittenEtcd),
    /** The revision that it was made from; it is refused if the cluster has gone on since. */
    revision: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  strict,
);

/** A cluster as a file that an operator keeps: what is left out stays as it is. */
export type Declaration = Omit<Static<typeof WrittenDeclaration>, 'etcd'> & Pick<ClusterCreate, 'etcd'>;

/** The whole of a spec as YAML, which `readDeclaration` reads. */
export function writeDeclaration({
  name,
  revision,
  members,
  etcdMetrics = 'loopback',
  etcd = { source: 'package' },
  ...settings
}: ClusterSpec): string {
  return stringify({ name, revision, ...settings, etcdMetrics, etcd, members }, { lineWidth: 0 });
}

/** Throws `declaration_invalid` with the file, the line and what to write instead. */
export function readDeclaration(text: string, file: string): Declaration {
  const { etcd, ...declaration } = readWritten(text, file);
  return etcd === undefined ? declaration : { ...declaration, etcd: etcdSource(etcd, file) };
}

function readWritten(text: string, file: string): Static<typeof WrittenDeclaration> {
  try {
    return readStrictYaml(text, WrittenDeclaration, file, whyFixed);
  } catch (error) {
    if (!(error instanceof PicketError) || error.code !== 'config_invalid') throw error;
    throw failure('declaration_invalid', { file, problem: String(error.details.problem) }, { cause: error });
  }
}

function etcdSource({ source, version }: Static<typeof WrittenEtcd>, file: string): EtcdSource {
  const refuse = (problem: string) => failure('declaration_invalid', { file, problem });
  if (source === 'package') {
    if (version !== undefined) throw refuse('etcd.version is only for a release: a package has its own version');
    return { source };
  }
  if (version === undefined) throw refuse('etcd.version is missing: write that of a release, such as 3.6.14');
  return { source, version };
}
