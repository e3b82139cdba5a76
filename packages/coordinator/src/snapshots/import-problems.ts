import { minorOf } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { fitOf } from '../model/snapshot-formats.ts';
import { firstMetaOf } from './bbolt-structure.ts';
import type { DataFacts } from './data-facts.ts';
import { hashBytes } from './etcd-hash.ts';

/** A page of bbolt, and so a database without a hash, is a multiple of it. */
const blockBytes = 512;
const oldestMinor = [3, 4] as const;
const zip = Buffer.from('PK\x03\x04', 'latin1');
const gzip = Buffer.from([0x1f, 0x8b]);
/** The first field of a raft snapshot is the checksum in its file; that of a log is its length and the type of the first record. */
const raftSnapshot = 0x08;
const logType = Buffer.from([0x08, 0x04]);

/** Why a file that begins with these octets cannot be a snapshot of etcd; null if it may be one. Pure. */
export function beginningProblem(first: Buffer): Reason | null {
  if (firstMetaOf(first) !== null) return null;
  if (first.subarray(0, zip.length).equals(zip)) return reason('import_is_archive', { kind: 'zip' });
  if (first.subarray(0, gzip.length).equals(gzip)) return reason('import_is_archive', { kind: 'gzip' });
  if (first[0] === raftSnapshot || first.subarray(8, 10).equals(logType)) return reason('import_is_raft_file');
  const problem = first.length === 0 ? 'it is empty' : 'it does not begin with the meta page of a database';
  return reason('import_is_no_snapshot', { problem });
}

/**
 * Why a file that begins like a database is no whole snapshot. Pure.
 *
 * @param first the first octets of the file
 * @param problem what the check of its hash and structure has found
 */
export function wholenessProblem(first: Buffer, receivedBytes: number, problem: string): Reason {
  const meta = firstMetaOf(first);
  if (meta === null) return beginningProblem(first) ?? reason('import_is_no_snapshot', { problem });
  const pagesBytes = Number(meta.pages) * meta.pageSize;
  if (receivedBytes < pagesBytes)
    return reason('import_is_cut_off', { bytes: receivedBytes, least: pagesBytes + hashBytes });
  if (receivedBytes % blockBytes === 0) return reason('import_has_no_hash');
  return reason('import_is_damaged', { problem });
}

/**
 * Why this data cannot be that of the cluster; null if it can. Pure.
 *
 * @param minor of the etcd that the cluster runs, or will run; null if that is not known yet
 */
export function dataProblem(
  facts: DataFacts | null,
  { cluster, minor }: { readonly cluster: string; readonly minor: string | null },
): Reason | null {
  if (facts === null) return reason('import_is_damaged', { problem: 'its buckets cannot be read' });
  const { format, clusterVersion, isOf35, revision } = facts;
  if (clusterVersion === null && !isOf35) return reason('import_has_no_version');
  if (clusterVersion !== null && isTooOld(clusterVersion))
    return reason('import_is_too_old', { version: minorOf(clusterVersion) });
  // Every known format has an etcd of its own minor version that serves it.
  if (fitOf(format, format) === 'untried') return reason('import_format_unknown', { format });
  if (minor !== null && fitOf(format, minor) === 'refuses')
    return reason('import_is_too_new', { format, minor, cluster });
  if (revision === null) return reason('import_is_empty');
  return null;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldest] = oldestMinor;
  return major < oldestMajor || (major === oldestMajor && minor < oldest);
}
