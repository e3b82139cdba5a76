import { type Static, type TSchema, Type } from 'typebox';
import { KeysHash } from './maintenance.ts';
import { Outcome } from './reason.ts';
import { AgentReport, NodeStatus, ReportedLogFact, RestoreToolReport, ServiceReport, StepOutcome } from './report.ts';
import { Told } from './told.ts';
import { Identifier, strict } from './words.ts';

const toldOrNull = orNull(Told);
const ToldOutcome = Type.Object({ ...Outcome.properties, reason: toldOrNull }, strict);

/** A {@link NodeStatus} in an answer of the API: each reason has its message. */
export const ToldStatus = Type.Object(
  {
    ...NodeStatus.properties,
    agent: Type.Object({ ...AgentReport.properties, waits: Type.Array(Told) }, strict),
    service: Type.Object(
      {
        ...ServiceReport.properties,
        reason: toldOrNull,
        rejected: toldOrNull,
        holdRefused: Type.Optional(Type.Object({ permit: Identifier, reason: Told }, strict)),
        logFacts: Type.Optional(Type.Array(Type.Object({ ...ReportedLogFact.properties, reason: Told }, strict))),
      },
      strict,
    ),
    lastStep: orNull(Type.Object({ ...StepOutcome.properties, reason: Told }, strict)),
    lastSnapshot: Type.Optional(ToldOutcome),
    lastMaintenance: Type.Optional(Type.Object({ ...ToldOutcome.properties, hash: Type.Optional(KeysHash) }, strict)),
    restoreTool: Type.Optional(Type.Object({ ...RestoreToolReport.properties, obstacle: toldOrNull }, strict)),
  },
  strict,
);
export type ToldStatus = Static<typeof ToldStatus>;

function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}
