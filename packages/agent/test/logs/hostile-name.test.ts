import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { readRunningLog } from '@picket/shared/etcd-log/read-log.ts';
import { longestLogLine } from '@picket/shared/protocol/logs.ts';
import { logWithoutSecrets } from '@picket/shared/secrets.ts';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { etcdSources, readLog } from '../../src/logs/read-log.ts';
import { lastWords } from '../../src/model/last-words.ts';
import { startEtcd } from '../etcd/etcd-process.ts';
import { authority } from '../pki.ts';

/** A stranger asks etcd for a server of this name, and shows no certificate. */
async function knock(url: string, servername: string): Promise<void> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), servername, rejectUnauthorized: false });
  // etcd refuses whoever shows no certificate.
  socket.on('error', () => {});
  await new Promise((closed) => socket.once('close', closed));
}

t.test('R11: a stranger cannot hide what etcd logs, whatever server it asks for', async (t) => {
  const { endpoint, peerUrl, log } = await startEtcd(t, await authority('ca'));
  const linesOf = (name: string) => log().split(name).length - 1;
  await until('etcd serves', () => log().includes('ready to serve client requests'), { within: 30_000 });
  const names = [
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    '-----BEGIN EC PRIVATE KEY-----',
    'last.example',
  ];
  for (const name of names) {
    for (const url of [endpoint.clientUrl, peerUrl]) {
      const before = linesOf(`"${name}"`);
      await knock(url, name);
      await until(`etcd logs ${name}`, () => linesOf(`"${name}"`) > before, { within: 30_000 });
    }
  }
  const folder = t.testdir();
  const logFile = join(folder, 'etcd.log');
  const now = Date.now();
  const damage = { msg: 'failed to read WAL', error: 'walpb: crc mismatch' };
  const panic = JSON.stringify({ level: 'panic', ts: new Date(now).toISOString(), ...damage });
  const written = `${log()}${panic}\n`;
  writeFileSync(logFile, written);
  const sources = etcdSources({ logFile, consoleFile: join(folder, 'console.log') }, 'openrc');
  const answer = await readLog(sources, { lines: 2000, sinceSeconds: null, cursor: null }, { now });
  const lines = 'lines' in answer ? answer.lines : [];
  const all = written.trimEnd().split('\n');
  t.equal(lines.length, all.length, 'picket logs shows each line');
  t.ok(
    lines.some((line) => line.includes('"last.example"')),
    'that of the last stranger too',
  );
  t.match(
    lines.find((line) => line.includes('(a private key)')),
    /"remote-addr":"127\.0\.0\.1:\d+".*"error":/,
  );
  t.equal(lastWords(all, true), 'failed to read WAL: walpb: crc mismatch');
  t.match(readRunningLog(logWithoutSecrets(all, longestLogLine), [], now), [{ reason: { code: 'etcd_wal_damaged' } }]);
});
