import { errorTable } from '@picket/shared/errors/table.ts';
import { eventTable } from '@picket/shared/events/table.ts';
import type { Say, Sayer } from '@picket/shared/reasons/reason.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import { sayWith } from '@picket/shared/reasons/text.ts';
import { errorOf } from '../support/printed-error.ts';

/** A code with its facts: `‹code fact=value›`. */
export function coded(code: string, facts: object): string {
  return `‹${[code, ...pairs(facts)].join(' ')}›`;
}

function pairs(facts: object): readonly string[] {
  const given = Object.entries(facts).filter(([, fact]) => fact !== undefined);
  // Sorted: nobody sees in which order they were put together.
  return given.map(([name, fact]) => `${name}=${shown(fact)}`).sort();
}

function shown(fact: unknown): string {
  if (Array.isArray(fact)) return `[${fact.map(shown).join(', ')}]`;
  if (typeof fact !== 'object' || fact === null) return String(fact);
  if ('code' in fact && 'facts' in fact) return coded(String(fact.code), fact.facts as object);
  return `{${pairs(fact).join(' ')}}`;
}

/**
 * From here on, the tables of reasons, events and errors of this process make codes and facts in place of words. A transcript then
 * shows where a program prints which reason, and a reworded reason changes no transcript.
 */
export function sayCodes(): void {
  // The words are made all the same: facts of which none can be made show as they do without this.
  for (const table of [reasonTable, eventTable] as Record<string, Sayer>[])
    for (const [code, sayer] of Object.entries(table))
      table[code] = (facts: object, say: Say) => (sayWith(sayer, facts, say) === '' ? '' : coded(code, facts));
  for (const [code, { status, message, hint }] of Object.entries(errorTable)) {
    const names = [...`${message} ${hint}`.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort();
    const facts = Object.fromEntries(names.map((name) => [name, `{${name}}`]));
    Object.assign(errorTable, { [code]: { status, message: coded(code, facts), hint: hintOf(code) } });
  }
}

function hintOf(code: string): string {
  return `‹hint of ${code}›`;
}

/** The transcript of a built program, which has tables of its own, with codes and facts in place of each `error` and `hint`. */
export function errorsAsCodes(transcript: string): string {
  return transcript.replace(
    /^! error: (.*)\n! hint: (.*) \((\w+)\)$/gm,
    (_lines, message: string, hint: string, shown: string) => {
      const { code, facts } = errorOf(message, hint);
      return `! error: ${coded(code, facts)}\n! hint: ${hintOf(code)} (${shown})`;
    },
  );
}
