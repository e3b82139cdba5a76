import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import t, { type Test } from 'tap';
import type { SnapshotRecord } from '../../src/inventory/inventory.ts';
import { wholeStream } from '../../src/snapshots/whole-stream.ts';

const octets = Buffer.alloc(300_000, 'snapshot');
const record = {
  id: 's1',
  sizeBytes: octets.length,
  sha256: createHash('sha256').update(octets).digest('hex'),
} as SnapshotRecord;

async function sample(t: Test) {
  const path = join(t.testdir({ 'snapshot.db': octets }), 'snapshot.db');
  return { path, file: (await open(path)).createReadStream() };
}

/** The descriptors of this process that lead to this file. */
function descriptorsOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(join('/proc/self/fd', fd)) === path;
    } catch {
      return false;
    }
  }).length;
}

t.test('R18: a client that is gone before the first byte leaves no file open', async (t) => {
  const { path, file } = await sample(t);
  t.equal(descriptorsOf(path), 1);
  const stream = wholeStream(file, record);
  stream.destroy();
  await finished(stream).catch(() => undefined);
  t.ok(file.destroyed);
  if (file.destroyed) await finished(file).catch(() => undefined);
  t.equal(descriptorsOf(path), 0);
});

t.test('R18: nor does one that goes away while it reads', async (t) => {
  const { path, file } = await sample(t);
  const stream = wholeStream(file, record);
  for await (const _chunk of stream) break;
  await finished(stream).catch(() => undefined);
  t.ok(file.destroyed);
  if (file.destroyed) await finished(file).catch(() => undefined);
  t.equal(descriptorsOf(path), 0);
});

t.test('an error before anybody reads breaks off the stream, not the coordinator', async (t) => {
  const source = new PassThrough();
  const stream = wholeStream(source, record);
  source.destroy(new Error('the connection broke'));
  await finished(source).catch(() => undefined);
  await t.rejects(stream.toArray(), { message: 'the connection broke' });
});

t.test('the whole content is read', async (t) => {
  const { path, file } = await sample(t);
  t.ok(Buffer.concat(await wholeStream(file, record).toArray()).equals(octets));
  t.equal(descriptorsOf(path), 0);
});
