import { PicketError } from '@picket/shared/errors.ts';
import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import { isOurs } from '@picket/shared/etcd-config/render.ts';
import { validate } from '@picket/shared/etcd-config/validate.ts';
import type { EtcdWanted, MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { Paths } from '../model/model.ts';

/** What the desired conf.yml says, or why etcd is never given it: as what is waited for, and as what is wrong with it. */
export type WantedConf = { readonly config: EtcdConfig } | { readonly refused: string; readonly problem: string };

/**
 * Judges the conf.yml that the coordinator rendered before it is written: etcd has no dry run and ignores what it
 * does not know, and a data-dir of another life or a path elsewhere would undo R4 and R9. A log where etcd may not
 * write would be lost without a word.
 */
export function readConf(document: MemberState, wanted: EtcdWanted, paths: Paths, reader: ConfReader): WantedConf {
  const config = reader(wanted.conf);
  if ('refused' in config) return config;
  const problem = foreignProblem(config.config, document, wanted, paths);
  return problem === null ? config : refused(problem);
}

/** What the text of a conf.yml says, or why no node gives it to etcd. */
export type ConfReader = (conf: string) => WantedConf;

/** Reads the same text once: each look needs it several times, and YAML costs a Pi more than the rest of a look. */
export function confReader(): ConfReader {
  const known = new Map<string, WantedConf>();
  return (conf) => {
    const last = known.get(conf);
    if (last !== undefined) return last;
    const said = parsed(conf);
    // The wanted one and the last good one: no look needs another.
    if (known.size === 2) known.clear();
    known.set(conf, said);
    return said;
  };
}

function parsed(conf: string): WantedConf {
  if (!isOurs(conf)) return refused('it does not bear Picket’s mark in its first line');
  try {
    const config = parse(conf);
    validate(config);
    return { config };
  } catch (error) {
    if (error instanceof PicketError) return refused(error.message);
    throw error;
  }
}

function foreignProblem(config: EtcdConfig, document: MemberState, wanted: EtcdWanted, paths: Paths): string | null {
  const { etcDir } = paths;
  const expected = {
    name: document.member.name,
    'data-dir': `${paths.dataRoot}/${wanted.incarnation}`,
    'log-outputs': paths.logFile,
    'initial-cluster-state': wanted.initialClusterState,
    'client-transport-security': tls(`${etcDir}/server.pem`, `${etcDir}/ca.pem`),
    'peer-transport-security': tls(`${etcDir}/peer.pem`, `${etcDir}/peer-ca.pem`),
  };
  const found = {
    name: config.name,
    'data-dir': config.dataDir,
    'log-outputs': config.logFile,
    'initial-cluster-state': config.initialClusterState,
    'client-transport-security': tls(
      config.clientTls.certFile,
      config.clientTls.trustedCaFile,
      config.clientTls.keyFile,
    ),
    'peer-transport-security': tls(config.peerTls.certFile, config.peerTls.trustedCaFile, config.peerTls.keyFile),
  };
  for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
    if (found[key] !== expected[key]) return `its ${key} is ${found[key]}, and this node keeps ${expected[key]}`;
  }
  return null;
}

function tls(certFile: string, caFile: string, keyFile = certFile): string {
  return [certFile, keyFile, caFile].join(' ');
}

function refused(problem: string): WantedConf {
  return { refused: `a conf.yml that can be used: ${problem}`, problem };
}
