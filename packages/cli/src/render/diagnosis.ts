import { findingsAsText } from '@picket/shared/diagnosis/as-text.ts';
import { plain } from '@picket/shared/plain.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';

/** The output of `picket diagnose`. */
export function renderDiagnosis({ name, findings }: DiagnosisView): string {
  const cluster = `Cluster ${plain(name ?? '')}`;
  if (findings.length === 0) return `${cluster}: no fault found.`;
  const count = findings.length === 1 ? '1 cause' : `${findings.length} causes`;
  return `${cluster}: ${count} found\n\n${findingsAsText(findings)}`;
}
