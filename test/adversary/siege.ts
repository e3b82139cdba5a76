import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startInBackground } from '../support/children.ts';
import { cluster } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';
import type { Attack } from './all-at-once.ts';
import { type Aftermath, operatorOf, type Scene } from './scene.ts';
import { type Answers, slowestAnswer } from './slowest-answer.ts';

const forMs = 20_000;

/** The nodes that turn traitor for it. */
export const besiegers = 12;

export interface Outcome {
  /** What an agent and two admins got meanwhile, each on one connection or on a new one for each request. */
  readonly asked: readonly (readonly [what: string, answers: Answers])[];
  readonly aftermath: Aftermath;
}

/** Readies all attacks at the same time, with two viewers and all traitors of the scene. Each call attacks for 20 s. */
export async function besieged(scene: Scene): Promise<() => Promise<Outcome>> {
  const { fleet, victim, traitors, agent } = scene;
  // Pages of events that are large.
  for (let count = 0; count < 500; count += 1) await fleet.ask((api) => api.createToken({ body: { cluster } }));
  const viewers = await Promise.all(['eve', 'mallory'].map((name) => operatorOf(fleet, name, 'viewer')));
  const grace = await operatorOf(fleet, 'grace', 'admin');
  const heidi = await operatorOf(fleet, 'heidi', 'admin');
  const file = join(fleet.folder, 'attack.json');
  await writeFile(file, JSON.stringify({ victim, nodes: traitors, viewers, cluster } satisfies Attack));
  const status = `/v1/clusters/${cluster}/status`;
  const poll = '/v1/node/desired-state?wait=0';

  async function attacked(): Promise<Outcome['asked']> {
    // It leaves the coordinator a core, as an attacker on another machine does.
    const attack = startInBackground(
      'taskset',
      ['-c', '0', process.execPath, join(import.meta.dirname, 'all-at-once.ts'), file],
      join(fleet.folder, 'attack.log'),
    );
    await until('the attack has begun', () => attack.log().includes('begun'), { within: 60_000 });
    const watched = [
      ['a poll', slowestAnswer(victim, agent, poll, { keepAlive: true })],
      ['a poll on a new connection', slowestAnswer(victim, agent, poll, { keepAlive: false })],
      ['the status', slowestAnswer(victim, grace, status, { keepAlive: true })],
      ['the status on a new connection', slowestAnswer(victim, heidi, status, { keepAlive: false })],
    ] as const;
    await sleep(forMs);
    const asked = await Promise.all(watched.map(async ([what, asking]) => [what, await asking.stop()] as const));
    if (!attack.running) throw new Error(`the attack has ended by itself:\n${attack.log()}`);
    await attack.stop();
    return asked;
  }

  return async () => {
    let asked: Outcome['asked'] = [];
    const aftermath = await scene.during(async () => {
      asked = await attacked();
    });
    return { asked, aftermath };
  };
}
