import {
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { backup } from '../../src/commands/backup.ts';
import { init } from '../../src/commands/init.ts';
import { listOperators } from '../../src/commands/operator.ts';
import { restore } from '../../src/commands/restore.ts';
import { openCoordinator } from '../../src/open-coordinator.ts';
import { newId } from '../../src/random-names.ts';
import { testConfig } from '../support/coordinator.ts';

const nobody = 65_534;
const needsRoot = process.getuid?.() === 0 ? {} : { skip: 'only root is kept from the folders of others' };

/** A stopped coordinator whose data dir belongs to another user, as it does once the service has run. */
async function givenAway(t: Test) {
  const folder = t.testdir();
  const config = testConfig(folder);
  const configFile = join(folder, 'coordinator.yml');
  writeFileSync(configFile, stringify(config));
  await init({ config, operator: 'ada', contextFile: join(folder, 'context.yml'), now: Date.now });
  const made = { folder, config, configFile, file: join(folder, 'backup.tar.gz') };
  await backup({ ...made, stdout: process.stdout, now: Date.now });
  chownSync(config.dataDir, nobody, nobody);
  return made;
}

const deps = { now: Date.now, monotonic: () => 0, failpoint: () => undefined, log: pino({ level: 'silent' }) };

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => (error instanceof PicketError ? error.code : String(error)),
  );
}

t.test('root lists no operators in a folder of another user', needsRoot, async (t) => {
  const { config } = await givenAway(t);
  t.equal(await codeOf(listOperators(config, Date.now())), 'folder_of_another_user');
});

t.test('root serves nothing from a folder of another user', needsRoot, async (t) => {
  const { config } = await givenAway(t);
  t.equal(await codeOf(openCoordinator({ config, ...deps })), 'folder_of_another_user');
});

t.test('root makes no backup in a folder of another user', needsRoot, async (t) => {
  const { folder, ...made } = await givenAway(t);
  const file = join(folder, 'second.tar.gz');
  t.equal(await codeOf(backup({ ...made, file, stdout: process.stdout, now: Date.now })), 'folder_of_another_user');
  t.notOk(readdirSync(made.config.dataDir).includes('backing-up'));
});

t.test('root restores nothing into a folder of another user', needsRoot, async (t) => {
  const { config, file, configFile } = await givenAway(t);
  const victim = join(t.testdirName, 'victim');
  cpSync(join(config.dataDir, 'authority'), victim, { recursive: true });
  rmSync(config.dataDir, { recursive: true });
  mkdirSync(config.dataDir);
  symlinkSync(victim, join(config.dataDir, 'authority'));
  chownSync(config.dataDir, nobody, nobody);
  const before = readFileSync(join(victim, 'revocations.log'), 'utf8');
  t.equal(await codeOf(restore({ file, configFile, now: Date.now, newId })), 'folder_of_another_user');
  t.equal(readFileSync(join(victim, 'revocations.log'), 'utf8'), before);
  t.strictSame(readdirSync(config.dataDir), ['authority']);
});

t.test('root restores nothing where a folder in the data dir belongs to another user', needsRoot, async (t) => {
  const { config, file, configFile } = await givenAway(t);
  const kept = join(config.dataDir, 'restoring/authority');
  rmSync(config.dataDir, { recursive: true });
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, 'file'), '');
  chownSync(kept, nobody, nobody);
  t.equal(await codeOf(restore({ file, configFile, now: Date.now, newId })), 'folder_of_another_user');
  t.strictSame(readdirSync(kept), ['file']);
});

t.test(
  'an init by root makes nothing in a folder of another user, and changes no file that it links to',
  needsRoot,
  async (t) => {
    const folder = t.testdir({ victim: '', data: {} });
    const config = { ...testConfig(folder), dataDir: join(folder, 'data') };
    symlinkSync(join(folder, 'victim'), join(folder, 'data/inventory.sqlite'));
    chownSync(config.dataDir, nobody, nobody);
    const { mode } = statSync(join(folder, 'victim'));
    const begun = init({ config, operator: 'ada', contextFile: join(folder, 'context.yml'), now: Date.now });
    t.equal(await codeOf(begun), 'folder_of_another_user');
    t.strictSame([statSync(join(folder, 'victim')).size, statSync(join(folder, 'victim')).mode], [0, mode]);
  },
);
