import type { SourceChange } from './source-change.ts';

/** A guard taken out of the product's source, and the test that must notice. */
export interface Mutant extends SourceChange {
  /** Names it in the output: words joined by hyphens. */
  readonly id: string;
  /** The rule that the guard serves, such as `R16`, or what it protects where no rule has a number for it. */
  readonly rule: string;
  /** What the product does without the guard, to go after "a coordinator that …" or "an agent that …". */
  readonly does: string;
  /** Path of the test file in which an assertion must fail; a fast one, since each mutant runs it. */
  readonly caughtBy: string;
  /** Its test does nothing without root: only root can run a program as another user. */
  readonly needsRoot?: true;
}
