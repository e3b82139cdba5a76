import { PicketError } from '@picket/shared/errors.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import t, { type Test } from 'tap';
import { patternOf } from '../../../../test/support/said.ts';
import { alone } from '../../src/commands/run.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { asCoordinator, joinedTerminal } from '../joined-terminal.ts';

const voter: OwnMember = { phase: 'voter', healthy: true, rests: null, waitsFor: [] };

/** The machine of a member whose coordinator answers. */
async function answered(t: Test, member: OwnMember = voter) {
  const { url } = await httpsServer(t, {
    ...asCoordinator,
    respond: (_seen, response) => sendJson(response, 200, member),
  });
  return joinedTerminal(t, url);
}

/** The machine of a member on whose coordinator's port nobody listens. */
const cutOff = (t: Test) => joinedTerminal(t, 'https://localhost:1');

async function causes(here: Awaited<ReturnType<typeof answered>>, line = ['diagnose', '--output', 'json']) {
  const exit = await here.run(line);
  const { findings } = JSON.parse(here.said.out) as DiagnosisView;
  return { exit, causes: findings.map(({ cause }) => cause.code) };
}

t.test('status says whether the agent runs and whether it reaches the coordinator', async (t) => {
  const here = await answered(t);
  await alone(here.stateDir, 0, () => here.run(['status']));
  t.match(here.said.out, /^ *AGENT +runs$/m);
  t.notMatch(here.said.out, /^ *NOTE/m);
  const away = await cutOff(t);
  t.equal(await away.run(['status']), 0, away.said.err);
  t.match(away.said.out, /^ *AGENT +does not run: /m);
  const problem = patternOf(new PicketError('coordinator_unreachable', {}).message);
  t.match(away.said.out, new RegExp(`^ *NOTE +${problem}$`, 'm'));
  await away.run(['status', '--output', 'json']);
  t.match(JSON.parse(away.said.out), { agentRuns: false, coordinatorProblem: new RegExp(`^${problem}$`) });
});

t.test('status says that operators have removed the member before its agent has heard of it', async (t) => {
  const here = await answered(t, { ...voter, leaving: true });
  await here.run(['status']);
  t.match(here.said.out, /^ *NOTE +operators have taken this member out of its cluster.* free this machine$/m);
  await here.run(['status', '--output', 'json']);
  t.equal(JSON.parse(here.said.out).ended, 'removed', 'for install.sh');
  const stays = await answered(t);
  await stays.run(['status', '--output', 'json']);
  t.equal(JSON.parse(stays.said.out).ended, null);
});

t.test('diagnose on the board names a stopped agent and a coordinator that is out of reach', async (t) => {
  const here = await answered(t);
  t.notOk((await alone(here.stateDir, 0, () => causes(here))).causes.some((one) => /agent|coordinator/.test(one)));
  const { exit, causes: found } = await causes(await cutOff(t));
  t.equal(exit, 3);
  t.ok(found.includes('cause_agent_stopped'), found.join(', '));
  t.ok(found.includes('cause_coordinator_away'), found.join(', '));
});
