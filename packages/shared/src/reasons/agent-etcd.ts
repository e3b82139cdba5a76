import { changedInWords, type OfChange } from './changed-settings.ts';
import type { Flags, Numbers, Texts, Why } from './facts.ts';
import type { Sayers } from './reason.ts';
import { targetInWords } from './target-in-words.ts';

type Incarnation = Texts<'incarnation'>;
/**
 * The minor version that an incarnation runs, the version that is installed, and the command that installs the right one. `upgrade`: the
 * target of the upgrade that ends with what is installed; left out where there is none, and by an earlier agent.
 */
type Versions = Texts<'minor' | 'installed'> & { readonly remedy: string | null; readonly upgrade?: string };

/** What an agent waits for before it starts etcd: incarnations, data, versions, conf.yml. */
export const agentEtcdReasons = {
  unknown_etcd_runs: 'an operator: an etcd runs that this agent did not start; the agent does not touch it',
  wanted_incarnation_retired:
    'the coordinator to correct its desired state, which both wants and retires the incarnation {incarnation}',
  former_incarnation_unretired: ({ former, incarnation }: Incarnation & { readonly former: string | null }) =>
    `the coordinator to retire the incarnation ${former} of this node, before ${incarnation} starts`,
  incarnation_goes_on: ({ incarnation, isDown }: { readonly incarnation: string | null; readonly isDown: boolean }) =>
    `the coordinator to retire the incarnation ${incarnation}${isDown ? ' of this node' : ', whose etcd keeps running until then'}`,
  data_lost: ({ path, isEmpty }: Texts<'path'> & Flags<'isEmpty'>) =>
    `the data directory ${path} ${isEmpty ? 'no longer holds a write-ahead log' : 'is missing'}: was the disk wiped, or is it not mounted? If it is not ` +
    'mounted, mount it. If the data is lost, replace the member (`picket member replace`); etcd never starts empty here',
  data_deleted: ({ path, isEmpty }: Texts<'path'> & Flags<'isEmpty'>) =>
    `the data directory ${path} ${isEmpty ? 'no longer holds a write-ahead log' : 'is missing'}. etcd still runs with the files that it has ` +
    'open, and cannot start again without them: do not stop or restart it. If the disk is not mounted, mount it again. If the data is ' +
    'deleted, replace the member (`picket member replace`)',
  operator_for_data: 'an operator: {why}',
  data_dir_of_others: 'an operator: the folder {path} already exists, but this agent did not create it',
  never_answered: () =>
    'an operator: etcd runs, but has not answered since its first start; read its log. ' +
    '`picket cluster reset` gives this founding up, with all that was written to it, and starts another',
  minor_to_install: ({ minor, installed, remedy, upgrade, begins }: Versions & Flags<'begins'>) => {
    const [whose, again] = begins ? ['cluster', ''] : ['member', ' again'];
    return `an operator: this ${whose} runs etcd ${minor}, and the installed etcd ${installed} is not started. Install etcd ${minor}${again}${advice(remedy)}${orRelease(minor)}${orUpgrade(upgrade)}`;
  },
  minor_would_change: ({ minor, installed, remedy, upgrade }: Versions) =>
    `etcd ${installed} is installed, but this member runs etcd ${minor}. If etcd stops, it stays down: no member is started with another minor version. Install etcd ${minor} again${advice(remedy)}${orRelease(minor)}${orUpgrade(upgrade)}`,
  not_restarted_until_then: '{why}. Until then etcd is not restarted',
  minor_skipped: ({ from, minor }: Texts<'from' | 'minor'>) =>
    `an operator: the coordinator orders this member from etcd ${from} to ${minor}, and etcd goes only from one minor version to the next; the agent does not follow that order`,
  minor_ordered: 'etcd goes from {from} to {minor} by an operator’s order: this member may start with either',
  no_way_back: ({ back, cluster }: Texts<'back'> & { readonly cluster: string | null }) =>
    `an operator: the agent does not go back to etcd ${back}, which does not start any more: ` +
    `${cluster === null ? 'it refuses this data' : `the cluster version is ${cluster}`}. ` +
    'The agent stays with the newer etcd. If that never serves, replace this member, which gives up its copy of the data (`picket member replace`). To go back, first downgrade the cluster, once the other members serve',
  way_back_unknown: ({ back, agreeing, needed, voters }: Texts<'back'> & Numbers<'agreeing' | 'needed' | 'voters'>) =>
    needed >= voters
      ? `an operator: the agent goes back to etcd ${back} only if other voters that are a quorum say that the cluster version is ${back}, and ` +
        `${voters === 1 ? 'this cluster has one voter' : 'this cluster has two voters'}. The agent stays with the newer etcd. To try etcd ${back} again, order it: picket rollout abort CLUSTER`
      : `other voters: the agent goes back to etcd ${back} only if ${needed} of them say that the cluster version is ${back}, and ` +
        `${agreeing === 0 ? 'none says so' : `${agreeing} say${agreeing === 1 ? 's' : ''} so`}. Until then it stays with the newer etcd. Start the members that are down`,
  no_order_back: ({ back, minor }: Texts<'back' | 'minor'>) =>
    `an operator: no order leads from etcd ${minor} to etcd ${back}, so the agent stays with etcd ${minor}. If that does not serve, read its log. ` +
    'To change the version, use `picket cluster upgrade` or `picket cluster downgrade`',
  etcd_to_install: ({ remedy }: Pick<Versions, 'remedy'>) => `etcd to be installed on this node${advice(remedy)}`,
  etcd_cannot_run: 'an operator: {why}',
  port_to_be_free: 'the {purpose} port {port} on {host} to be free: {by}',
  restore_pauses: 'a pause before the snapshot is restored again: {why}',
  start_pauses: ({ how }: { readonly how: string | null }) =>
    `a pause before etcd is started again: it ended soon after its start${how === null ? '' : ` (${how})`}`,
  restart_permit: ({ replaced }: { readonly replaced: Texts<'installed' | 'runs'> | null }) =>
    `a permit to restart etcd with ${
      replaced === null ? 'its new configuration' : `version ${replaced.installed} instead of ${replaced.runs}`
    }`,
  another_restart_permit: 'another permit to restart etcd: the last one was not used in time',
  before_restart: '{why} before etcd is restarted',
  clock_right: 'the clock to be right',
  etcd_healthy: 'etcd to be healthy',
  conf_usable: 'a usable conf.yml: {why}',
  conf_not_marked: 'its first line does not have Picket’s mark',
  conf_differs: 'its {key} is {found}, but this node has {expected}',
  conf_refused: 'its agent refuses it: {why}',
  conf_put_back: ({ changed, why }: OfChange & Why, say) =>
    `an operator: the agent put its last good ${changedInWords(changed)} back: ${say(why)}`,
  conf_to_serve: ({ changed }: OfChange) => `etcd to serve with its new ${changedInWords(changed)}`,
  conf_to_have_served: ({ changed, proving }: OfChange & Numbers<'proving'>) =>
    `etcd to have served with its new ${changedInWords(changed)} for ${proving} s`,
  conf_crashed: ({ how, lastWords }: { readonly how: string | null; readonly lastWords: string | null }) =>
    `etcd ended soon after its start with it${how === null ? '' : ` (${how})`}${lastWordsClause(lastWords)}`,
  conf_not_started: 'etcd cannot be started with it, and waits for {why}',
  conf_silent: 'etcd did not serve with it for {proving} s without a break within {within} s',
} as const satisfies Sayers;

function advice(remedy: string | null): string {
  return remedy === null ? '' : `: ${remedy}`;
}

function orRelease(minor: string): string {
  return `. Or run etcd ${minor} from a release: \`picket cluster set CLUSTER etcd=release:VERSION\``;
}

function orUpgrade(upgrade: string | undefined): string {
  return upgrade === undefined
    ? ''
    : `. Or bring the whole cluster to etcd ${targetInWords(upgrade)}: \`picket cluster upgrade CLUSTER --to ${upgrade}\``;
}

/** The last lines of etcd’s log, as the end of a sentence. */
export function lastWordsClause(lastWords: string | null): string {
  return lastWords === null ? '' : `; the last lines of its log: ${lastWords}`;
}
