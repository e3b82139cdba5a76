import type { Seeded } from '../../support/seeded.ts';
import { drawMoment, type Moment, momentInWords } from './moments.ts';

/** What befalls the lab; hosts by their number from 0. */
export type Strike =
  /** Of all of them at once; the coordinator is dead from before until etcd serves again where `dark` is true (R10). */
  | { readonly kind: 'power-cut'; readonly hosts: readonly number[]; readonly moment: Moment; readonly dark: boolean }
  | { readonly kind: 'network-cut'; readonly host: number; readonly ms: number }
  | { readonly kind: 'agent-killed'; readonly host: number }
  | { readonly kind: 'etcd-killed'; readonly host: number }
  | { readonly kind: 'coordinator-killed'; readonly ms: number }
  /** By an operator: each member is restarted with it, one after the other, while the next strike comes. */
  | { readonly kind: 'conf-changed'; readonly heartbeatMs: number };

const others = ['network-cut', 'agent-killed', 'etcd-killed', 'coordinator-killed', 'conf-changed'] as const;
const longestCutMs = 6000;

/** A power cut or, as often, something else. */
export function drawStrike(random: Seeded, hosts: number, withinMs: number): Strike {
  if (random.fraction() < 0.5) return drawPowerCut(random, hosts, withinMs, random.fraction() < 0.25);
  const host = random.between(0, hosts - 1);
  const ms = random.between(500, longestCutMs);
  const kind = random.pick(others);
  switch (kind) {
    case 'network-cut':
      return { kind, host, ms };
    case 'agent-killed':
    case 'etcd-killed':
      return { kind, host };
    case 'coordinator-killed':
      return { kind, ms };
    case 'conf-changed':
      return { kind, heartbeatMs: random.between(80, 150) };
  }
}

/** Of one host mostly, of two, or of all. */
export function drawPowerCut(random: Seeded, hosts: number, withinMs: number, dark = false): Strike & PowerCut {
  const count = Math.min(hosts, random.pick([1, 1, 1, 1, 2, 3]));
  const first = random.between(0, hosts - 1);
  const struck = Array.from({ length: count }, (_, index) => (first + index) % hosts);
  return { kind: 'power-cut', hosts: struck, moment: drawMoment(random, withinMs), dark };
}

export type PowerCut = Extract<Strike, { kind: 'power-cut' }>;

export function strikeInWords(strike: Strike, names: readonly string[]): string {
  switch (strike.kind) {
    case 'power-cut': {
      const struck = strike.hosts.map((host) => names[host]).join(', ');
      return `power cut of ${struck} ${momentInWords(strike.moment)}${strike.dark ? ', without a coordinator' : ''}`;
    }
    case 'network-cut':
      return `${names[strike.host]} without a network for ${strike.ms} ms`;
    case 'agent-killed':
      return `the agent of ${names[strike.host]} is killed`;
    case 'etcd-killed':
      return `the etcd of ${names[strike.host]} is killed`;
    case 'coordinator-killed':
      return `the coordinator is killed, and started after ${strike.ms} ms`;
    case 'conf-changed':
      return `an operator sets heartbeatIntervalMs=${strike.heartbeatMs}`;
  }
}
