import { conflict, notFound } from './by-status.ts';
/** Errors of the coordinator for nodes that ask and report. */
export const nodeProtocolErrors = {
  report_basis_unknown: conflict(
    'The coordinator does not have the status that this report is based on.',
    'Send the whole status.',
  ),
  report_superseded: conflict(
    'This report is from run {run} of the agent, but run {latest} has already reported.',
    'If this happens once, no action needed: the report was late. If it continues, the node’s disk was cloned or replaced with an older copy; see docs/how-to/fix-a-copied-node.md.',
  ),
  node_is_client: notFound(
    'This node is the client {client} of {cluster}, so it has no member.',
    '`picket-agent status` on the machine shows the client’s state. `picket status {cluster}` shows all nodes.',
  ),
  purpose_not_wanted: notFound('This node should have no {purpose} certificate now.', 'Fetch the desired state again.'),
} as const;
