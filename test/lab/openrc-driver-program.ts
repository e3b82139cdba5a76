// One call of the OpenRC driver, for a host of the lab: METHOD and its arguments as JSON; prints the answer as JSON.
import { systemClock } from '../../packages/agent/src/host/clock.ts';
import { hostFiles } from '../../packages/agent/src/host/files/files.ts';
import type { EtcdUnit, InitSystem } from '../../packages/agent/src/host/host.ts';
import { openrcInit } from '../../packages/agent/src/host/openrc/openrc-init.ts';

const init = openrcInit({ files: hostFiles(), clock: systemClock(), stateDir: '/var/lib/picket' });

type Calls = {
  readonly [Name in Exclude<keyof InitSystem, 'name' | 'onEnd'>]-?: (argument: unknown) => Promise<unknown>;
};

const calls: Calls = {
  install: (unit) => init.install(unit as EtcdUnit),
  altered: (unit) => init.altered(unit as EtcdUnit),
  state: () => init.state(),
  start: () => init.start(),
  stop: (graceMs) => init.stop(graceMs as number),
  lastLog: (lines) => init.lastLog(lines as number),
};

const [, , name, argument = 'null'] = process.argv;
const call = (calls as Record<string, (argument: unknown) => Promise<unknown>>)[name ?? ''];
if (call === undefined) throw new Error(`The driver has no ${name}.`);
call(JSON.parse(argument)).then(
  (answer) => console.log(JSON.stringify(answer ?? null)),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
