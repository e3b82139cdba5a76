import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { askForBackup, serveBackups, type WithArchive } from '../../src/backup/backup-socket.ts';

// More than the kernel buffers for a client that does not read.
const bytes = 8 * 1024 * 1024;

/** The path of a socket has at most 107 octets. */
function shortFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'picket-backup-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

function archiveIn(folder: string): string {
  const archive = join(folder, 'archive');
  writeFileSync(archive, Buffer.alloc(bytes));
  return archive;
}

async function lengthOf(content: AsyncIterable<Buffer> | null): Promise<number> {
  let length = 0;
  for await (const chunk of content ?? []) length += chunk.length;
  return length;
}

t.test('a client that stops reading is disconnected, so that the next gets a backup', async (t) => {
  const folder = shortFolder(t);
  const archive = archiveIn(folder);
  const failures: string[] = [];
  const begun = Promise.withResolvers<void>();
  const withArchive: WithArchive = async (use) => {
    begun.resolve();
    await use(archive).catch(({ message }: Error) => failures.push(message));
  };
  t.teardown(await serveBackups(folder, withArchive, { silenceMs: 2000 }));
  const stalled = connect(join(folder, 'backup.sock')).pause();
  t.teardown(() => stalled.destroy());
  stalled.write('POST /backup HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await begun.promise;
  t.equal(await lengthOf(await askForBackup(folder)), bytes);
  t.same(failures, ['the client has read nothing for 2 s']);
});

t.test('a coordinator that does not answer is not awaited forever', async (t) => {
  const folder = shortFolder(t);
  await silentServer(t, folder, 'nothing');
  await t.rejects(askForBackup(folder, { makingMs: 100, silenceMs: 60_000 }), {
    code: 'backup_not_written',
    facts: { problem: 'the coordinator has sent nothing for 0.1 s' },
  });
});

t.test('nor one that falls silent in the middle', async (t) => {
  const folder = shortFolder(t);
  await silentServer(t, folder, 'the first octets');
  const content = await askForBackup(folder, { makingMs: 60_000, silenceMs: 100 });
  await t.rejects(lengthOf(content), { message: 'the coordinator has sent nothing for 0.1 s' });
});

/** In place of a coordinator: answers with this, and nothing more. */
async function silentServer(t: Test, folder: string, much: 'nothing' | 'the first octets'): Promise<void> {
  const server = createServer((_request, response) => {
    if (much === 'nothing') return;
    response.writeHead(200, { 'content-length': bytes });
    response.write('the first');
  });
  t.teardown(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(join(folder, 'backup.sock'), resolve));
}
