import { diagnose, type Finding } from '@picket/shared/diagnosis/diagnose.ts';
import type { Evidence, Scene, Source } from '@picket/shared/diagnosis/rules/evidence.ts';
import { readLog } from '@picket/shared/etcd-log/read-log.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Test } from 'tap';

export const members: Scene['members'] = [1, 2, 3].map((number) => ({
  name: `x-k3s-m-${number}`,
  address: `192.168.7.${10 + number}`,
  memberId: `a${number}`,
}));

const at = '2026-11-28T14:00:00.000Z';

/** A scene of three members, none of which is the machine of the diagnosis. */
export function sceneOf(evidence: readonly Evidence[], changes: Partial<Scene> = {}): Scene {
  const nobody = { self: null, failing: [], statusNext: null, now: at };
  return { cluster: 'x-k3s', place: 'elsewhere', members, ...nobody, evidence, ...changes };
}

export function seen(reason: AnyReason, about: string | null = null, from: Source = 'coordinator'): Evidence {
  return { reason, about, at, from };
}

/** What these lines of the log of a member's etcd show. */
export function logged(lines: readonly string[], about = 'x-k3s-m-1'): readonly Evidence[] {
  return readLog(lines).map((fact) => ({ ...fact, about, from: 'etcd-log' }));
}

/** The causes, each with its members and the next command. */
export function found(evidence: readonly Evidence[], changes: Partial<Scene> = {}): readonly string[] {
  return diagnose(sceneOf(evidence, changes)).map(shown);
}

export function shown({ cause, members: concerned, next }: Finding): string {
  const where = next?.on == null ? '' : `${next.on}: `;
  return [cause, concerned.join('+'), next === null ? 'nothing' : `${where}${next.command}`].join(' | ');
}

/** Exactly these findings, each with this beginning. */
export function finds(t: Test, all: readonly string[], wanted: readonly string[], message = '') {
  t.strictSame(
    all.map((one, index) => one.slice(0, wanted[index]?.length ?? 0) || one),
    wanted,
    message,
  );
}
