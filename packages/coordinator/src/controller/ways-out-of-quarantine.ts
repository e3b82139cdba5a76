import { listNames } from './formation.ts';
import { voters } from './health.ts';
import type { Situation } from './model.ts';
import { asIfOff, keepsItFromLeaving } from './replacement.ts';

/**
 * What an operator can do for the quarantined nodes: first where this coordinator itself may be wrong. Pure.
 *
 * @param ending the IDs of the nodes whose quarantine ends without an operator
 */
export function waysOutOfQuarantine(situation: Situation, ending: ReadonlySet<string>): readonly string[] {
  const { quarantined = [] } = situation.progress;
  const claiming = quarantined.filter(({ foreign }) => foreign !== true);
  return [
    ...(claiming.length < 2 ? [] : [doubtOfTheStore(listNames(claiming))]),
    ...quarantined
      .filter(({ nodeId }) => !ending.has(nodeId))
      .map(
        ({ name, nodeId, reason }) =>
          `an operator: ${name} (node ${nodeId}) is quarantined: ${reason}. ${wayOut(situation, name, nodeId)}`,
      ),
  ];
}

/** Several nodes that agree are more likely to be right than one store. */
function doubtOfTheStore(names: string): string {
  return (
    `an operator: ${names} claim more than this coordinator has published, so its own store may have been put back to ` +
    'an older state. Before you replace a node, look for a newer store or a newer backup: stop this coordinator and put ' +
    'the newer store back, or run picket-coordinator restore with the newest backup; see "A node that is quarantined" in ' +
    'docs/operating.md'
  );
}

/** The command that works for this node as it is now. */
function wayOut(situation: Situation, name: string, nodeId: string): string {
  const { spec, progress } = situation;
  const evict = `\`picket node evict ${nodeId}\``;
  const token = `switch it off, and give its place to another machine: \`picket token create ${spec.name} --member ${name}\``;
  const restore = `\`picket cluster restore ${spec.name} --snapshot ID\``;
  const life = spec.members.some((member) => member.name === name) ? progress.members[name] : undefined;
  if (life === undefined) return `Repair it, or evict it: ${evict}`;
  if (life.phase === 'founding') {
    return progress.formation?.from === undefined
      ? `Repair it, or give up the founding: \`picket cluster reset ${spec.name}\``
      : `Repair it, or switch it off and evict it: \`picket node evict ${nodeId} --lost\``;
  }
  if (life.leaving !== undefined && life.leaving.learnerOnly !== true) {
    return `It is being replaced; once it is out of etcd: ${evict}`;
  }
  if (keepsItFromLeaving(asIfOff(situation, name), name, false) === null) return `Repair it, or ${token}`;
  const obstacle = keepsItFromLeaving(situation, name, true);
  if (obstacle === null) {
    const force = keepsItFromLeaving(situation, name, false) === null ? '' : ' --force';
    return (
      `Repair it, or replace it while its etcd runs: \`picket member replace ${spec.name} ${name}${force}\`; ` +
      `then, once it is out of etcd, ${evict}`
    );
  }
  const isLast = voters(situation).length === 1;
  const giveUp = `switch it off, then \`picket node evict ${nodeId} --lost\` and ${restore}`;
  return isLast
    ? `Repair it: ${obstacle}. If you cannot, ${giveUp}`
    : `Repair it: it cannot be replaced now, since ${obstacle}. Bring the other voters back first; if they are lost, ${giveUp}`;
}
