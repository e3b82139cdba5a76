import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { declaredLost } from '../../../src/controller/replacement/declare-lost.ts';
import { replaced, vacated } from '../../../src/controller/replacement/replacement.ts';
import { refusalOf } from '../../support/refusal.ts';
import { Upgrading } from './upgrading.ts';

const restart = { kind: 'restart' } as const;
const toSix = { kind: 'install', version: '3.6.14' } as const;

/** Five members, of which the last ones have the former minor version. @param given how many have the next one */
function withGiven(given: number): Upgrading {
  const cluster = new Upgrading({ runs: '3.5.33', members: 5 }).orders([restart, toSix], ['before-last']).rounds(120);
  cluster.runs.forEach((runs, number) => {
    const version = number > 5 - given ? '3.6.14' : '3.5.33';
    cluster.runs.set(number, { ...runs, version, release: version === '3.6.14' ? version : null });
  });
  cluster.allReport();
  return cluster;
}

const situationOf = ({ scene }: Upgrading) => ({ ...scene, status: scene.status() });
const because = { reason: reason('replaced_by', { by: 'operator ada' }) };
const why = reason('last_with_former_minor', { cluster: 'x-k3s', member: 'x-k3s-m-1', former: '3.5', minor: '3.6' });
const refused = { code: 'replace_refused', facts: { member: 'x-k3s-m-1', reason: why } };

t.test('R6 the last member with the former minor version is replaced only by the word of an operator', (t) => {
  const situation = situationOf(withGiven(4));
  t.match(
    refusalOf(() => replaced(situation, 'x-k3s-m-1', { ...because, force: false })),
    refused,
  );
  t.match(replaced(situation, 'x-k3s-m-1', { ...because, force: true }).members['x-k3s-m-1']?.leaving, { force: true });
  t.match(replaced(situation, 'x-k3s-m-2', { ...because, force: false }).members['x-k3s-m-2']?.leaving, {});
  t.end();
});

t.test('R6 another machine does not replace that member either, before an operator has replaced it', (t) => {
  const situation = situationOf(withGiven(4));
  const place = reason('place_taken', { nodeId: 'node1', token: 'token1' });
  t.match(
    refusalOf(() => vacated(situation, 'x-k3s-m-1', place)),
    refused,
  );
  const progress = replaced(situation, 'x-k3s-m-1', { ...because, force: true });
  t.match(vacated({ ...situation, progress }, 'x-k3s-m-1', place).members['x-k3s-m-1']?.leaving, { machineGone: true });
  t.end();
});

t.test('R6 it is not given up as lost either, before an operator has replaced it', (t) => {
  const situation = situationOf(withGiven(4));
  const lost = reason('said_lost', { by: 'operator ada' });
  const facts = { cluster: 'x-k3s', member: 'x-k3s-m-1', former: '3.5', minor: '3.6' };
  t.match(
    refusalOf(() => declaredLost(situation, 'x-k3s-m-1', 'node1', lost)),
    {
      code: 'replace_refused',
      facts: { member: 'x-k3s-m-1', reason: reason('lost_with_former_minor', facts) },
    },
  );
  t.match(declaredLost(situation, 'x-k3s-m-2', 'node2', lost).members['x-k3s-m-2']?.leaving, { lost: true });
  const progress = replaced(situation, 'x-k3s-m-1', { ...because, force: true });
  const after = declaredLost({ ...situation, progress }, 'x-k3s-m-1', 'node1', lost);
  t.match(after.members['x-k3s-m-1']?.leaving, { lost: true, force: true });
  t.end();
});

t.test('R6 a member that is leaving keeps the cluster version from rising no longer', (t) => {
  const situation = situationOf(withGiven(3));
  const progress = replaced(situation, 'x-k3s-m-2', { ...because, force: false });
  t.match(
    refusalOf(() => replaced({ ...situation, progress }, 'x-k3s-m-1', { ...because, force: false })),
    refused,
  );
  t.end();
});

t.test('a member beside another one with the former minor version is replaced as ever', (t) => {
  const situation = situationOf(withGiven(3));
  t.match(replaced(situation, 'x-k3s-m-1', { ...because, force: false }).members['x-k3s-m-1']?.leaving, {});
  t.end();
});

t.test('once nothing goes back any more, nothing is lost by it', (t) => {
  const cluster = withGiven(4);
  cluster.clusterVersion = '3.6.0';
  cluster.allReport();
  t.match(replaced(situationOf(cluster), 'x-k3s-m-1', { ...because, force: false }).members['x-k3s-m-1']?.leaving, {});
  t.end();
});
