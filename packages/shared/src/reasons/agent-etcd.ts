import type { AnyReason, Say } from './reason.ts';

type Why = { readonly why: AnyReason };
type Incarnation = { readonly incarnation: string };
/** The minor version that a life runs, the version that is installed, and the command that installs the right one. */
type Versions = { readonly minor: string; readonly installed: string; readonly remedy: string | null };

/** What an agent waits for before it starts etcd, and why it does not: lives, data, versions, conf.yml. */
export const agentEtcdReasons = {
  unknown_etcd_runs: () => 'an operator: an etcd runs that this agent did not start, and it is left alone',
  wanted_life_retired: ({ incarnation }: Incarnation) =>
    `the coordinator to make up its mind: it wants the incarnation ${incarnation} and has retired it`,
  former_life_unretired: ({ former, incarnation }: Incarnation & { readonly former: string | null }) =>
    `the coordinator to retire the incarnation ${former}, which this node has, before ${incarnation} begins`,
  life_goes_on: ({ incarnation, isDown }: { readonly incarnation: string | null; readonly isDown: boolean }) =>
    `the coordinator to retire the incarnation ${incarnation}${isDown ? ', which this node has' : ': its etcd runs and goes on'}`,
  data_lost: ({ path, isEmpty }: { readonly path: string; readonly isEmpty: boolean }) =>
    `the data dir ${path} ${isEmpty ? 'holds no write-ahead log any more' : 'is gone'}: was the disk wiped, or is it not mounted? If it is not ` +
    'mounted, mount it. If the data is lost, the member must be replaced (`picket member replace`); it is never started empty',
  operator_for_data: ({ why, runs }: Why & { readonly runs: boolean }, say: Say) =>
    `an operator: ${say(why)}${runs ? '. Its etcd still runs on what it holds open' : ''}`,
  data_dir_of_others: ({ path }: { readonly path: string }) =>
    `an operator: the folder ${path} is there already, and this agent has not made it`,
  never_answered: () =>
    'an operator: etcd runs, and has not answered since it was first started; its log may tell why. ' +
    '`picket cluster reset` founds the cluster anew',
  minor_to_install: ({ minor, installed, remedy, begins }: Versions & { readonly begins: boolean }) => {
    const whose = begins ? `this cluster runs etcd ${minor}` : `this member runs etcd ${minor}`;
    const what = `etcd ${minor} to be installed${begins ? '' : ' again'}`;
    return `an operator: ${what}, since ${whose}, and etcd ${installed} is installed, which is not started${advice(remedy)}`;
  },
  minor_would_change: ({ minor, installed, remedy }: Versions) =>
    `etcd ${installed} is installed, and this member runs etcd ${minor}: it is not restarted into another minor version, and once it ends it stays down until etcd ${minor} is installed again${advice(remedy)}`,
  not_restarted_until_then: ({ why }: Why, say: Say) => `${say(why)}; until then etcd is not restarted`,
  etcd_to_install: ({ remedy }: Pick<Versions, 'remedy'>) => `etcd to be installed on this node${advice(remedy)}`,
  etcd_cannot_run: ({ why }: Why, say: Say) => `an operator: ${say(why)}`,
  port_to_be_free: ({
    purpose,
    port,
    host,
    by,
  }: {
    readonly purpose: string;
    readonly port: number;
    readonly host: string;
    readonly by: string;
  }) => `the ${purpose} port ${port} on ${host} to be free: ${by}`,
  restore_pauses: ({ why }: Why, say: Say) => `a pause before the snapshot is restored again: ${say(why)}`,
  start_pauses: ({ how }: { readonly how: string | null }) =>
    `a pause before etcd is started again: it did not stay up${how === null ? '' : ` (${how})`}`,
  restart_permit: ({ replaced }: { readonly replaced: { readonly installed: string; readonly runs: string } | null }) =>
    `a permit to restart etcd, which brings ${
      replaced === null ? 'its new configuration' : `etcd ${replaced.installed} in the place of ${replaced.runs}`
    } into force`,
  another_restart_permit: () => 'another permit to restart etcd: the last one was not used in time',
  before_restart: ({ why }: Why, say: Say) => `${say(why)} before etcd is restarted`,
  clock_right: () => 'the clock to be right',
  etcd_healthy: () => 'etcd to be healthy',
  conf_usable: ({ why }: Why, say: Say) => `a conf.yml that can be used: ${say(why)}`,
  conf_not_marked: () => 'it does not bear Picket’s mark in its first line',
  conf_differs: ({
    key,
    found,
    expected,
  }: {
    readonly key: string;
    readonly found: string;
    readonly expected: string;
  }) => `its ${key} is ${found}, and this node keeps ${expected}`,
  conf_refused: ({ why }: Why, say: Say) => `its agent refuses it: ${say(why)}`,
  conf_put_back: ({ why }: Why, say: Say) =>
    `an operator: its last good conf.yml is in the place of the new one: ${say(why)}`,
  conf_to_serve: () => 'etcd to serve with its new conf.yml',
  conf_to_have_served: ({ proving }: { readonly proving: number }) =>
    `etcd to have served with its new conf.yml for ${proving} s`,
  conf_crashed: ({ how, lastWords }: { readonly how: string | null; readonly lastWords: string | null }) =>
    `etcd did not stay up with it${how === null ? '' : ` (${how})`}${lastWordsTold(lastWords)}`,
  conf_not_started: ({ why }: Why, say: Say) => `etcd cannot be started with it, and waits for ${say(why)}`,
  conf_silent: ({ proving, within }: { readonly proving: number; readonly within: number }) =>
    `etcd did not serve with it for ${proving} s on end within ${within} s`,
} as const;

function advice(remedy: string | null): string {
  return remedy === null ? '' : `: ${remedy}`;
}

/** What follows of etcd's own last words. */
export function lastWordsTold(lastWords: string | null): string {
  return lastWords === null ? '' : `; its last words: ${lastWords}`;
}
