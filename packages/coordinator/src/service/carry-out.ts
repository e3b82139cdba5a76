import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { userCommands } from '@picket/shared/system-user.ts';
import { writeFirstConfig } from '../commands/first-config.ts';
import { init } from '../commands/init.ts';
import { configDefaults, readConfig } from '../config/config.ts';
import { readIfThere } from '../files/whole-file.ts';
import { copyIn } from './copy-in.ts';
import { runAll, startCommands } from './init-system.ts';
import { serviceFile } from './machine-facts.ts';
import { commandNames, places, programNames, serviceUser } from './places.ts';
import type { Step } from './plan.ts';
import { type Ended, run } from './run.ts';
import { takeOver } from './take-over.ts';
import { intent } from './words.ts';

/** Does what the step says. Throws `service_step_failed`, and what a step itself throws. */
export async function carryOut(step: Step): Promise<void> {
  try {
    await act(step);
  } catch (error) {
    if (error instanceof PicketError) throw error;
    throw failed(step, error instanceof Error ? error.message : String(error), error);
  }
}

async function act(step: Step): Promise<void> {
  switch (step.kind) {
    case 'programs':
      for (const name of programNames) await copyIn(join(step.from, name), join(places.programs, name));
      for (const name of commandNames) await copyIn(join(step.from, 'bin', name), join(places.commands, name), 0o755);
      return;
    case 'node':
      return copyIn(step.from, join(places.ownNode, 'bin/node'), 0o755);
    case 'user':
      return requireOk(step, await makeUser());
    case 'take-over':
      return takeOver(step.former);
    case 'config': {
      const { hosts, port, backup } = step.config;
      const [target] = backup?.targets ?? [];
      await writeFirstConfig(places.config, { hosts, port, backupFolder: target?.folder });
      return;
    }
    case 'backup-folder': {
      // One that is there belongs to somebody: the first backup shows whether the coordinator may write there.
      if (existsSync(step.folder)) return;
      // With `recursive`, the mode would shut the user of the coordinator out of the folders above it as well.
      await mkdir(dirname(step.folder), { recursive: true });
      await mkdir(step.folder, { mode: 0o700 });
      return requireOk(step, await run('chown', [`${serviceUser}:`, step.folder]));
    }
    case 'init':
      return initialise(step);
    case 'context':
      return requireOk(step, await handContext(step));
    case 'service':
      await copyIn(
        join(step.from, serviceFile[step.init]),
        places[step.init].service,
        step.init === 'openrc' ? 0o755 : 0o644,
      );
      if (step.init === 'openrc' && !existsSync(places.openrc.settings))
        await copyIn(join(step.from, 'openrc/picket-coordinator.confd'), places.openrc.settings, 0o644);
      return;
    case 'start':
      requireOk(step, await runAll(startCommands(step.init, step.isRestart)));
      await run('sync', []);
  }
}

async function makeUser(): Promise<Ended> {
  const hasGroup = ((await readIfThere('/etc/group')) ?? '')
    .split('\n')
    .some((line) => line.startsWith(`${serviceUser}:`));
  const tool = (await run('sh', ['-c', 'command -v useradd'])).ok ? 'useradd' : 'adduser';
  return runAll(userCommands(tool, { user: serviceUser, home: configDefaults.dataDir, hasGroup }));
}

/** An earlier one may have been interrupted, or have ended. */
async function initialise({ operator, contextFile }: Extract<Step, { kind: 'init' }>): Promise<void> {
  try {
    await init({ config: await readConfig(places.config), operator, contextFile, now: Date.now });
  } catch (error) {
    if (!(error instanceof PicketError && error.code === 'already_initialised')) throw error;
  }
}

/** As its owner, whose links lead root nowhere. It may be the only copy of another credential: that is not replaced. */
async function handContext({ caller, from }: Extract<Step, { kind: 'context' }>): Promise<Ended> {
  const script =
    'umask 077; mkdir -p "$1" && cat >"$1/context.yml.new" && ln "$1/context.yml.new" "$1/context.yml"; code=$?; rm -f "$1/context.yml.new"; exit $code';
  const folder = join(caller.home, '.config/picket');
  return run('sh', ['-c', script, 'sh', folder], { owner: caller, stdin: await readFile(from) });
}

function requireOk(step: Step, ended: Ended): void {
  if (!ended.ok) throw failed(step, ended.problem);
}

function failed(step: Step, problem: string, cause?: unknown) {
  return failure('service_step_failed', { step: intent(step), problem }, { cause });
}
