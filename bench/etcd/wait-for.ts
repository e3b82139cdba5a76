import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { until } from '../../test/support/until.ts';

/** A member as a client sees it: where it listens, and the folder with `ca.pem` and `client.pem`, once they are there. */
export interface ClientView {
  readonly clientUrl: string;
  readonly etcDir: string;
}

/** Short against what is measured, long against what a refused connection costs. */
const every = 10;
/** Where seconds go by until then: each look costs the processors that are measured. */
const slowly = 25;
const within = 60_000;
const answerMs = 10_000;

const key = Buffer.from('bench').toString('base64');

/** Resolves once one of the members has acknowledged a put, which a majority of the voters then holds. */
export async function firstPut(members: readonly ClientView[], signal: AbortSignal): Promise<void> {
  const first = new AbortController();
  const either = AbortSignal.any([signal, first.signal]);
  try {
    await Promise.any(
      members.map((member) =>
        until('a put is acknowledged', () => call(member, 'kv/put', { key, value: key }, either), {
          within,
          every,
          signal: either,
        }),
      ),
    );
  } finally {
    first.abort();
  }
}

/** Resolves once every member has answered a linearizable read that shows all of them as voters. */
export async function allVote(members: readonly ClientView[], signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const votes = async (member: ClientView): Promise<boolean> => {
    // A learner refuses it, and a voter answers once a majority has confirmed its view.
    const answer = await call(member, 'cluster/member/list', { linearizable: true }, signal, agent);
    const { members: listed = [] } = answer as { members?: { isLearner?: boolean }[] };
    return listed.length === members.length && listed.every(({ isLearner }) => isLearner !== true);
  };
  try {
    await Promise.all(
      members.map((one) => until('every member votes', () => votes(one), { within, every: slowly, signal })),
    );
  } finally {
    agent.destroy();
  }
}

/** Resolves once this member answers a linearizable read. */
export async function servesReads(member: ClientView, signal: AbortSignal): Promise<void> {
  await until('a linearizable read is answered', () => call(member, 'kv/range', { key }, signal), {
    within,
    every,
    signal,
  });
}

/** The members that follow another. */
export async function followers<Member extends ClientView>(
  members: readonly Member[],
  signal: AbortSignal,
): Promise<readonly Member[]> {
  const asked = members.map(async (member) => {
    const status = await call(member, 'maintenance/status', {}, signal);
    const { leader, header } = status as { leader?: string; header: { member_id: string } };
    return leader === undefined || leader === header.member_id ? [] : [member];
  });
  return (await Promise.all(asked)).flat();
}

/** The answer of etcd's JSON gateway, over a connection of its own unless an agent is given; rejects for any but 200. */
async function call(
  { clientUrl, etcDir }: ClientView,
  path: string,
  body: object,
  signal: AbortSignal,
  agent: Agent | false = false,
): Promise<object> {
  const [ca, client] = await Promise.all([readFile(join(etcDir, 'ca.pem')), readFile(join(etcDir, 'client.pem'))]);
  return new Promise((resolve, reject) => {
    const asking = request(
      `${clientUrl}/v3/${path}`,
      {
        method: 'POST',
        ca,
        cert: client,
        key: client,
        agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text) as object);
          else reject(new Error(text));
        });
      },
    );
    asking.on('error', reject);
    asking.end(JSON.stringify(body));
  });
}
