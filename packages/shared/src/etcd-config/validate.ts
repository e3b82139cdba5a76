import { failure } from '../errors.ts';
import { canonicalAddress, isLoopback, isUnspecified, nameProblem } from '../names.ts';
import { problemList, quote } from '../problems.ts';
import type { EtcdConfig } from './model.ts';
import { readUrl } from './urls.ts';

const maxElectionMs = 50_000;
const mebibyte = 1024 * 1024;

/**
 * Checks what etcd itself would refuse only at its start, or not at all. etcd has no dry run, so without this check a wrong
 * spec would lead to a member that does not start.
 *
 * @throws PicketError etcd_config_invalid, which lists every problem with what to do.
 */
export function validate(config: EtcdConfig): void {
  const problems = [
    ...memberProblems(config),
    ...listenProblems(config),
    ...advertiseProblems(config),
    ...initialClusterProblems(config),
    ...tuningProblems(config),
    ...pathProblems(config),
    ...logProblems(config),
  ];
  if (problems.length > 0) throw failure('etcd_config_invalid', { problems: problemList(problems) });
}

function memberProblems({ name, initialClusterToken }: EtcdConfig): string[] {
  const problem = nameProblem(name);
  const token = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(initialClusterToken);
  return [
    ...(problem === undefined ? [] : [`name: ${problem}`]),
    ...(token
      ? []
      : [
          `initial-cluster-token: ${quote(initialClusterToken)} must be 1 to 128 letters, digits, dots, hyphens and underscores`,
        ]),
  ];
}

/** etcd refuses names here ("expected IP in URL for binding"), except localhost. */
function listenProblems(config: EtcdConfig): string[] {
  const lists = [
    ['listen-peer-urls', config.listenPeerUrls],
    ['listen-client-urls', config.listenClientUrls],
    ['listen-metrics-urls', config.listenMetricsUrls],
  ] as const;
  const own = config.listenPeerUrls.map(readUrl).flatMap((url) => ('problem' in url ? [] : [url.host]));
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const [key, urls] of lists) {
    if (urls.length === 0) problems.push(`${key} is empty; give at least one URL`);
    for (const text of urls) {
      const url = readUrl(text);
      if ('problem' in url) {
        problems.push(`${key}: ${url.problem}`);
        continue;
      }
      const local = url.host === 'localhost' || isLoopback(url.host);
      const plainMetrics = key === 'listen-metrics-urls' && url.scheme === 'http';
      if (canonicalAddress(url.host) === undefined && url.host !== 'localhost') {
        problems.push(`${key}: ${quote(text)} names a host; etcd listens on IP addresses only, so give the address`);
      }
      if (isUnspecified(url.host))
        problems.push(`${key}: ${quote(text)} listens on every interface; give the member's own address`);
      if (plainMetrics && !local && !own.includes(url.host))
        problems.push(
          `${key}: ${quote(text)} is open to the network without TLS; use a loopback address, or the address at which peers dial this member`,
        );
      if (url.scheme !== 'https' && !plainMetrics) problems.push(`${key}: ${quote(text)} is not encrypted; use https`);
      const place = `${url.host} ${url.port}`;
      if (seen.has(place))
        problems.push(`${key}: ${quote(text)} uses an address and port that another URL has; give each its own`);
      seen.add(place);
    }
  }
  return problems;
}

function advertiseProblems(config: EtcdConfig): string[] {
  return [
    ...dialledProblems('initial-advertise-peer-urls', config.initialAdvertisePeerUrls),
    ...dialledProblems('advertise-client-urls', config.advertiseClientUrls),
  ];
}

function initialClusterProblems({
  name,
  initialAdvertisePeerUrls,
  initialCluster,
  initialClusterState,
}: EtcdConfig): string[] {
  const key = 'initial-cluster';
  const problems = dialledProblems(
    key,
    initialCluster.map((member) => member.peerUrl),
  );
  const names = initialCluster.map((member) => member.name);
  for (const [index, other] of names.entries()) {
    const problem = nameProblem(other);
    if (problem !== undefined) problems.push(`${key}: ${problem}`);
    if (names.indexOf(other) < index) problems.push(`${key}: the member ${quote(other)} is listed twice; list it once`);
  }
  const own = initialCluster.find((member) => member.name === name);
  if (own === undefined) {
    problems.push(`${key}: the member's own name ${quote(name)} is not listed; add it with its peer URL`);
  } else if (initialAdvertisePeerUrls.length !== 1 || initialAdvertisePeerUrls[0] !== own.peerUrl) {
    problems.push(
      `${key}: ${quote(name)} is listed with ${quote(own.peerUrl)}; set it and initial-advertise-peer-urls to the same URL`,
    );
  }
  // R1: two wiped members started as `new` re-form the same cluster ID and lose every write.
  if (initialClusterState === 'new' && initialCluster.length > 1) {
    problems.push(
      `${key}: one member alone founds a new cluster; list only ${quote(name)}, or set initial-cluster-state to existing`,
    );
  }
  return problems;
}

/** URLs that others dial: they need TLS and a host that can be reached. */
function dialledProblems(key: string, urls: readonly string[]): string[] {
  if (urls.length === 0) return [`${key} is empty; give at least one URL`];
  return urls.flatMap((text, index) => {
    const url = readUrl(text);
    if ('problem' in url) return [`${key}: ${url.problem}`];
    const problems: string[] = [];
    if (url.scheme !== 'https') problems.push(`${key}: ${quote(text)} is not encrypted; use https`);
    if (isUnspecified(url.host))
      problems.push(`${key}: ${quote(text)} cannot be reached by others; give the member's own address or name`);
    if (urls.indexOf(text) < index) problems.push(`${key}: ${quote(text)} is listed twice; list it once`);
    return problems;
  });
}

function tuningProblems(config: EtcdConfig): string[] {
  const { heartbeatIntervalMs, electionTimeoutMs, quotaBackendBytes, autoCompactionRetention: retention } = config;
  const problems: string[] = [];
  const between = (key: string, value: number, least: number, most: number) => {
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      problems.push(`${key}: ${value} is not a whole number from ${least} to ${most}; change it`);
    }
  };
  between('heartbeat-interval', heartbeatIntervalMs, 1, maxElectionMs / 5);
  between('election-timeout', electionTimeoutMs, 5, maxElectionMs);
  if (5 * heartbeatIntervalMs > electionTimeoutMs) {
    problems.push(
      `election-timeout: ${electionTimeoutMs} ms is less than five heartbeats of ${heartbeatIntervalMs} ms; set it to ${5 * heartbeatIntervalMs} or more`,
    );
  }
  between('snapshot-count', config.snapshotCount, 1, 1_000_000);
  // Above 8 GiB etcd itself warns. Below 16 MiB an idle k3s fills the database within hours.
  between('quota-backend-bytes', quotaBackendBytes, 16 * mebibyte, 8192 * mebibyte);
  const periodic = config.autoCompactionMode === 'periodic';
  if (!(periodic ? /^(\d{1,6}|(\d{1,6}(h|m|s))+)$/ : /^\d{1,12}$/).test(retention)) {
    problems.push(
      periodic
        ? `auto-compaction-retention: ${quote(retention)} is not a duration; write it as "1h" or "30m"`
        : `auto-compaction-retention: ${quote(retention)} is not a number of revisions; write it as "1000"`,
    );
  }
  return problems;
}

function pathProblems({ dataDir, logFile, clientTls, peerTls }: EtcdConfig): string[] {
  const paths = [
    ['data-dir', dataDir],
    ['log-outputs', logFile],
    ['client-transport-security.cert-file', clientTls.certFile],
    ['client-transport-security.key-file', clientTls.keyFile],
    ['client-transport-security.trusted-ca-file', clientTls.trustedCaFile],
    ['peer-transport-security.cert-file', peerTls.certFile],
    ['peer-transport-security.key-file', peerTls.keyFile],
    ['peer-transport-security.trusted-ca-file', peerTls.trustedCaFile],
  ] as const;
  return paths.flatMap(([key, path]) => {
    if (!path.startsWith('/')) return [`${key}: ${quote(path)} is not an absolute path; start it with /`];
    if (/\p{Cc}/u.test(path) || !path.isWellFormed())
      return [`${key}: ${quote(path)} contains control characters; remove them`];
    const plain = path
      .split('/')
      .slice(1)
      .every((part) => part !== '' && part !== '.' && part !== '..');
    if (!plain) return [`${key}: ${quote(path)} has an empty part, "." or ".."; write the path without`];
    return path.length > 4095 ? [`${key}: the path is longer than 4095 characters; shorten it`] : [];
  });
}

function logProblems({ logFile, logRotation: { maxSize, maxBackups } }: EtcdConfig): string[] {
  const key = 'log-rotation-config-json';
  return [
    // etcd makes a URL of it without escaping, so it would read the characters after a % or a ? as something else.
    ...(/[%?#\s]/.test(logFile)
      ? [
          `log-outputs: ${quote(logFile)} has a space, "%", "?" or "#", which etcd does not accept in a file name; use another name`,
        ]
      : []),
    // etcd reads 0 as 100 MB.
    ...(maxSize >= 1 && maxSize <= 1000
      ? []
      : [`${key}: maxsize is ${maxSize}; give a whole number of megabytes from 1 to 1000`]),
    // etcd reads 0 as "keep all".
    ...(maxBackups >= 1 && maxBackups <= 100
      ? []
      : [`${key}: maxbackups is ${maxBackups}; give a whole number from 1 to 100, so that the disk does not fill`]),
  ];
}
