import { findingsAsText } from '@picket/shared/diagnosis/as-text.ts';
import { plain } from '@picket/shared/plain.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';

/** The output of `picket diagnose`. */
export function renderDiagnosis({ name, findings }: DiagnosisView): string {
  return findingsAsText(`Cluster ${plain(name ?? '')}`, findings);
}
