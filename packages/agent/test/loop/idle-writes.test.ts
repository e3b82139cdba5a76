import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import type { HostFiles } from '../../src/host/host.ts';
import { idle, passing, running } from '../running-agent.ts';

const hours = 2;
/** Between two observations of a settled agent. */
const tickMs = 5000;

t.test('a settled agent writes only the time that has passed, once an hour', async (t) => {
  const { machine, agent } = await running(t, (machine) => {
    machine.init.onStart = () => {
      const wal = join(machine.paths.dataRoot, 'incarnation1/member/wal');
      mkdirSync(wal, { recursive: true });
      writeFileSync(join(wal, '0000000000000000-0000000000000000.wal'), '');
    };
    machine.coordinator.offer(machine.desired());
  });
  const { clock, coordinator } = machine;
  const journal = () => agent.journal.current();
  await passing(t, machine, 20_000, 'settled', () => coordinator.status?.agent.generationApplied === 7);
  await passing(t, machine, 20_000, 'the time is recorded', () => journal().clockFloor > 0);

  const writes = countWrites(machine.deps.host.files);
  const lines: string[] = [];
  const keep = (_facts: object, line: string) => void lines.push(line);
  Object.assign(machine.deps, { log: { debug: keep, info: keep, warn: keep, error: keep } });
  const before = coordinator.reports.length;
  for (let passed = 0; passed < hours * 3_600_000; passed += tickMs) {
    clock.advance(tickMs);
    await idle(machine);
  }
  t.strictSame(
    writes.map(({ path }) => basename(path)),
    Array.from({ length: hours }, () => 'journal.json'),
  );
  t.ok(coordinator.reports.length - before > 100, 'it kept reporting');
  t.strictSame(lines, [], 'nor does it log');
  const bytes = writes.reduce((sum, { length }) => sum + length, 0);
  t.ok(bytes < hours * 4096, `${bytes} bytes in ${hours} hours`);
});

/** What is written from now on. */
function countWrites(files: HostFiles): { readonly path: string; readonly length: number }[] {
  const writes: { path: string; length: number }[] = [];
  const { writeWhole, linkWhole, makeFolder } = files;
  Object.assign(files, {
    async writeWhole(file: Parameters<HostFiles['writeWhole']>[0]) {
      writes.push({ path: file.path, length: file.content.length });
      await writeWhole(file);
    },
    async linkWhole(path: string, target: string) {
      writes.push({ path, length: target.length });
      await linkWhole(path, target);
    },
    async makeFolder(...args: Parameters<HostFiles['makeFolder']>) {
      writes.push({ path: args[0], length: 0 });
      await makeFolder(...args);
    },
  });
  return writes;
}
