import { unfreezeIdentity } from '@picket/coordinator/identity/freeze-identity.ts';
import type { IdentityDirectory, Resolution } from '@picket/coordinator/identity/principals.ts';
import { recoverIdentity } from '@picket/coordinator/identity/recover-identity.ts';
import { putInForce, renewIdentity } from '@picket/coordinator/identity/renew-identity.ts';
import { PicketError } from '@picket/shared/errors.ts';
import { type Certificate, parseCertificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { type ReasonCode, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { type House, openHouse } from '../../packages/coordinator/test/authority/samples.ts';
import { join, joinRequest, newMachine, newToken } from '../../packages/coordinator/test/identity/samples.ts';
import { day } from '../../packages/coordinator/test/inventory/samples.ts';
import { type Seeded, seeded, seedOfRun } from '../support/seeded.ts';

/**
 * Identities by the real store and authorities: nodes renew, use, recover and repeat with every key that they or a copy of
 * them ever had; certificates end, nodes are evicted, frozen and freed, and the coordinator is restarted.
 */
const acts = 300;
const seed = seedOfRun();

type Resolve = (directory: IdentityDirectory, certificate: Certificate, now: number) => Resolution;
type Machine = Awaited<ReturnType<typeof newMachine>>;

interface Key {
  readonly machine: Machine;
  readonly certificates: Certificate[];
  standing: 'pending' | 'in-force' | 'superseded';
}

interface Node {
  readonly number: number;
  readonly id: string;
  readonly keys: Key[];
  evicted: boolean;
  frozen: boolean;
}

/** What the rules say, told apart from what the coordinator does. @returns the first rule that it breaks, or null */
async function play(house: House, random: Seeded, count: number, resolve: Resolve): Promise<string | null> {
  const nodes: Node[] = [];
  for (const number of [1, 2]) {
    const machine = await newMachine(number);
    const { nodeId, certificate } = await join(house, joinRequest(machine, await newToken(house)));
    const key: Key = { machine, certificates: [parseCertificate(certificate)], standing: 'in-force' };
    nodes.push({ number, id: nodeId, keys: [key], evicted: false, frozen: false });
  }
  for (let done = 0; done < count; done += 1) {
    const broken = await once(house, random, random.pick([nodes[0]!, nodes[1]!]), resolve);
    if (broken !== null) return `${broken} (act ${done + 1})`;
  }
  return null;
}

async function once(house: House, random: Seeded, node: Node, resolve: Resolve): Promise<string | null> {
  const { clock } = house;
  const deps = depsOf(house);
  const key = anyOrNewest(random, node.keys);
  const certificate = anyOrNewest(random, key.certificates);
  switch (random.between(0, 11)) {
    case 0:
      clock.now += random.between(1, 5) * day;
      return null;
    case 1:
      await house.restart();
      return null;
    case 2:
      // One is kept, so that there is something to look at.
      if (random.fraction() > 0.1 || node.evicted || node.number === 1) return null;
      await house.identities.evict(node.id, clock.now);
      node.evicted = true;
      return null;
    case 3:
      if (!node.frozen) return null;
      await unfreezeIdentity(deps, node.id, 'an operator');
      node.frozen = false;
      return null;
    case 4:
    case 5: {
      const got = await attempt(() => recoverIdentity(deps, certificate.spkiHash, csrOf(key)));
      const may = !node.evicted && !node.frozen && key.standing !== 'superseded';
      if (!node.evicted && key.standing === 'superseded') node.frozen = true;
      if ((got !== null) !== may) return `R15: a ${key.standing} key ${may ? 'could not' : 'could'} recover its node`;
      if (got !== null) key.certificates.push(got);
      return null;
    }
    default: {
      const found = resolve(house.identities, certificate, clock.now);
      const judged = judge(node, key, certificate, found, clock.now);
      if (judged !== null || found.principal === undefined || found.principal.kind !== 'node') return judged;
      if (found.firstUse === true) {
        await putInForce(deps, found.principal);
        for (const one of node.keys) if (one.standing === 'in-force') one.standing = 'superseded';
        key.standing = 'in-force';
      }
      return random.fraction() < 0.5 ? null : renew(house, random, node, found.principal);
    }
  }
}

function anyOrNewest<Item>(random: Seeded, items: readonly Item[]): Item {
  return items[random.fraction() < 0.5 ? items.length - 1 : random.between(0, items.length - 1)]!;
}

function judge(node: Node, key: Key, certificate: Certificate, found: Resolution, now: number): string | null {
  const lasts = now >= certificate.notBefore.getTime() && now < certificate.notAfter.getTime() + 1000;
  const may = lasts && !node.evicted && key.standing !== 'superseded';
  const { principal } = found;
  if (principal !== undefined && (principal.kind !== 'node' || principal.nodeId !== node.id))
    return 'R8: it is another';
  if (principal !== undefined && !lasts) return 'R8: a certificate that is not valid now is let in';
  if (principal !== undefined && node.evicted) return 'R8: a node that was evicted is let in';
  if (principal !== undefined && !may) return 'R15: a key that was superseded is let in';
  if (principal === undefined && may) return `R15: a ${key.standing} key is kept out: ${found.refused.code}`;
  return null;
}

/** With a new key, or one that it has had: as after an answer that got lost, or from a copy. */
async function renew(
  house: House,
  random: Seeded,
  node: Node,
  principal: Parameters<typeof renewIdentity>[1],
): Promise<string | null> {
  const again = random.fraction() < 0.4 ? node.keys[random.between(0, node.keys.length - 1)] : undefined;
  const { keys } = node;
  const next: Key = again ?? { machine: await newMachine(9), certificates: [], standing: 'pending' };
  const got = await attempt(() => renewIdentity(depsOf(house), principal, csrOf(next)));
  const may = !node.frozen && (again === undefined || again.standing === 'pending');
  if (!node.frozen && again?.standing === 'superseded') node.frozen = true;
  if ((got !== null) !== may)
    return `R15: a node ${may ? 'could not' : 'could'} get a certificate for a ${next.standing} key`;
  if (got === null) return null;
  for (const one of keys) if (one !== next && one.standing === 'pending') one.standing = 'superseded';
  if (again === undefined) keys.push(next);
  next.certificates.push(got);
  return null;
}

async function attempt(ask: () => Promise<string>): Promise<Certificate | null> {
  try {
    return parseCertificate(await ask());
  } catch (error) {
    if (error instanceof PicketError) return null;
    throw error;
  }
}

function csrOf({ machine }: Key): string {
  return createCsr({ key: machine.key, commonName: 'pi' });
}

function depsOf(house: House) {
  const { inventory, authorities, identities: directory, clock } = house;
  const restoration = { awaits: () => false };
  return { inventory, authorities, directory, restoration, now: () => clock.now, failpoint: () => undefined };
}

t.test(`R8 R15 each key is let in, renewed and recovered as the rules say (PICKET_SEED=${seed})`, async (t) => {
  t.equal(await play(await openHouse(t), seeded(seed), acts, (directory, ...rest) => directory.resolve(...rest)), null);
});

/** Each with one guard taken out. */
const mutants: readonly (readonly [does: string, broken: RegExp, resolve: Resolve])[] = [
  [
    'does not look at the dates of a certificate',
    /^R8: a certificate that is not valid now/,
    (directory, certificate) => directory.resolve(certificate, certificate.notBefore.getTime()),
  ],
  ['lets in a node that was evicted', /^R8: a node that was evicted/, lettingIn('node_evicted_at')],
  ['lets in by a key that was superseded', /^R15: a key that was superseded/, lettingIn('newer_key_in_force')],
  [
    'keeps out a key that is used for the first time',
    /^R15: a (pending|in-force) key is kept out/,
    (directory, certificate, now) => {
      const found = directory.resolve(certificate, now);
      return found.principal !== undefined && found.firstUse === true
        ? { refused: reason('names_no_principal') }
        : found;
    },
  ],
];

function lettingIn(refused: ReasonCode): Resolve {
  return (directory, certificate, now) => {
    const found = directory.resolve(certificate, now);
    if (found.principal !== undefined || found.refused.code !== refused) return found;
    const uri = certificate.sans.find(({ type }) => type === 'uri')?.value ?? '';
    const nodeId = uri.slice(uri.lastIndexOf(':') + 1);
    const nodeRole = { kind: 'member', member: 'pi-1' } as const;
    return { principal: { kind: 'node', uri, nodeId, cluster: 'prod', nodeRole, serial: certificate.serial } };
  };
}

for (const [does, broken, resolve] of mutants) {
  t.test(`what ${does} is caught within ${acts} acts`, async (t: Test) => {
    t.match(await play(await openHouse(t), seeded('1'), acts, resolve), broken);
  });
}
