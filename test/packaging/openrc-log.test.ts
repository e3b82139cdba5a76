import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runToEnd } from '../support/children.ts';

const services = join(import.meta.dirname, '../../packaging/openrc');
const nobody = 65_534;
const needsRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can rotate the log of another user' };
const large = 'x'.repeat(8192);

/** A folder that others can pass through, as /var/log is. */
function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'picket-log-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs functions of a service's script by root, as OpenRC does, with the settings before them. */
async function inService(service: string, settings: Readonly<Record<string, string>>, script: string): Promise<string> {
  const assigned = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
  const openrc = 'checkpath() { :; }; ewarn() { echo "$*"; }; eerror() { echo "$*"; };';
  const { stdout, stderr } = await runToEnd('sh', [
    '-c',
    `${openrc} ${assigned.join('; ')}; . ${services}/${service}.initd; command_user=nobody:nogroup; ${script}`,
  ]);
  return stdout + stderr;
}

const rotate = (log: string) =>
  inService('picket-coordinator', { coordinator_log: log, coordinator_log_kib: '4' }, 'healthcheck');

/** A log folder of the coordinator's user, with a log that is to be rotated, and a file of root's beside the folder. */
function coordinatorsLog(t: Test) {
  const above = folderOf(t);
  const [folder, victim] = [join(above, 'log'), join(above, 'victim')];
  mkdirSync(folder);
  writeFileSync(join(folder, 'coordinator.log'), large);
  for (const path of [folder, join(folder, 'coordinator.log')]) chownSync(path, nobody, nobody);
  writeFileSync(victim, 'of root', { mode: 0o644 });
  return { log: join(folder, 'coordinator.log'), victim };
}

t.test('a rotated log of the coordinator is kept as one old file of its user', needsRoot, async (t) => {
  const { log } = coordinatorsLog(t);
  await rotate(log);
  t.equal(readFileSync(`${log}.1`, 'utf8'), large);
  t.equal(readFileSync(log, 'utf8'), '');
  t.equal(statSync(`${log}.1`).uid, nobody);
});

t.test('an old file that root made before this version gives way', needsRoot, async (t) => {
  const { log } = coordinatorsLog(t);
  writeFileSync(`${log}.1`, 'older', { mode: 0o600 });
  await rotate(log);
  t.equal(readFileSync(`${log}.1`, 'utf8'), large);
});

t.test('root follows no link that the coordinator’s user creates for the old file', needsRoot, async (t) => {
  const { log, victim } = coordinatorsLog(t);
  symlinkSync(victim, `${log}.1`);
  await rotate(log);
  t.equal(readFileSync(victim, 'utf8'), 'of root');
});

t.test('root makes no file where such a link leads to none', needsRoot, async (t) => {
  const { log, victim } = coordinatorsLog(t);
  rmSync(victim);
  symlinkSync(victim, `${log}.1`);
  await rotate(log);
  t.throws(() => lstatSync(victim), { code: 'ENOENT' });
});

t.test('root empties no file to which the coordinator’s user links its log', needsRoot, async (t) => {
  const { log, victim } = coordinatorsLog(t);
  writeFileSync(victim, large);
  rmSync(log);
  symlinkSync(victim, log);
  await rotate(log);
  t.equal(readFileSync(victim, 'utf8'), large);
});

t.test('the data of an init by root goes to the user, and nothing that it links to', needsRoot, async (t) => {
  const above = folderOf(t);
  const [data, victim] = [join(above, 'data'), join(above, 'victim')];
  mkdirSync(join(data, 'authority'), { recursive: true });
  writeFileSync(victim, 'of root');
  symlinkSync(victim, join(data, 'authority/link'));
  await inService('picket-coordinator', { data_dir: data, passphrase_file: join(above, 'none') }, 'take_over');
  t.equal(statSync(data).uid, nobody);
  t.equal(statSync(join(data, 'authority')).uid, nobody);
  t.equal(statSync(victim).uid, 0);
});

t.test('a folder that the user has in the data of root leads root nowhere', needsRoot, async (t) => {
  const above = folderOf(t);
  const [data, victim, programs] = [join(above, 'data'), join(above, 'victim'), join(above, 'bin')];
  const own = join(data, 'snapshots');
  for (const folder of [join(own, 'inner'), victim, programs]) mkdirSync(folder, { recursive: true });
  for (const folder of [join(own, 'inner'), victim]) writeFileSync(join(folder, 'file'), '');
  for (const path of [own, join(own, 'inner'), join(own, 'inner/file')]) chownSync(path, nobody, nobody);
  // A process of the user works in that folder. It acts when root has found a file, and before root gives that away.
  const swap = `process.chdir('${own}'); process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody});
    const { renameSync, symlinkSync } = require('node:fs'); renameSync('inner', 'aside'); symlinkSync('${victim}', 'inner');`;
  const script = `#!/bin/sh
case "$*" in *inner/file*) ${process.execPath} -e "${swap}" 2>${above}/said && echo swapped >${above}/said ;; esac
PATH=\${PATH#*:}; exec chown "$@"`;
  writeFileSync(join(programs, 'chown'), script, { mode: 0o755 });
  const settings = { data_dir: data, passphrase_file: join(above, 'none'), PATH: `${programs}:${process.env.PATH}` };
  await inService('picket-coordinator', settings, 'take_over');
  t.match(readFileSync(join(above, 'said'), 'utf8'), 'EACCES');
  t.equal(statSync(join(victim, 'file')).uid, 0);
  t.strictSame([statSync(data).uid, statSync(join(own, 'inner/file')).uid], [nobody, nobody]);
});

t.test('a passphrase in the user’s folder is given away by what follows no link', needsRoot, async (t) => {
  const above = folderOf(t);
  const [data, victim] = [join(above, 'data'), join(above, 'victim')];
  mkdirSync(data);
  chownSync(data, nobody, nobody);
  writeFileSync(victim, 'of root', { mode: 0o600 });
  symlinkSync(victim, join(data, 'passphrase'));
  const settings = { data_dir: data, passphrase_file: join(data, 'passphrase') };
  const said = await inService('picket-coordinator', settings, 'checkpath() { echo "checkpath $*"; }; take_over');
  t.equal(said, `checkpath --file --mode 0600 --owner nobody:nogroup ${data}/passphrase\n`);
  t.equal(statSync(victim).uid, 0);
});

t.test('the agent’s log is rotated in a folder of root’s', needsRoot, async (t) => {
  const log = join(folderOf(t), 'agent.log');
  writeFileSync(log, large);
  await inService('picket-agent', { agent_log: log, agent_log_kib: '4' }, 'healthcheck');
  t.equal(readFileSync(`${log}.1`, 'utf8'), large);
});

for (const { what, give } of [
  { what: 'another user’s folder', give: (folder: string) => chownSync(folder, nobody, nobody) },
  { what: 'a folder that a group can write in', give: (folder: string) => chmodSync(folder, 0o775) },
  { what: 'a folder that all can write in', give: (folder: string) => chmodSync(folder, 0o777) },
]) {
  t.test(`root writes no log of the agent in ${what}`, needsRoot, async (t) => {
    const folder = folderOf(t);
    const [log, victim] = [join(folder, 'agent.log'), join(folder, 'victim')];
    writeFileSync(victim, 'of root');
    writeFileSync(log, large);
    symlinkSync(victim, `${log}.1`);
    give(folder);
    const said = await inService(
      'picket-agent',
      { agent_log: log, agent_log_kib: '4' },
      'start_pre; healthcheck; echo "to $output_log"',
    );
    t.equal(readFileSync(victim, 'utf8'), 'of root');
    t.match(said, /users other than root can write in it: the agent runs without a log\nto \/dev\/null/);
  });
}

t.test('the coordinator starts although its log cannot be rotated', needsRoot, async (t) => {
  const { log } = coordinatorsLog(t);
  mkdirSync(`${log}.1`);
  const settings = { coordinator_log: log, coordinator_log_kib: '4' };
  const said = await inService(
    'picket-coordinator',
    settings,
    'take_over() { :; }; start_pre 2>/dev/null && echo goes on',
  );
  t.match(said, `${log} could not be rotated\ngoes on`);
});
