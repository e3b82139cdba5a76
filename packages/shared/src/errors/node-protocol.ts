/** What nodes ask and report. */
export const nodeProtocolErrors = {
  report_basis_unknown: {
    status: 409,
    message: 'The coordinator does not hold the status this report builds on.',
    hint: 'Send the whole status.',
  },
  report_superseded: {
    status: 409,
    message: 'This report is of run {run} of the agent, and run {latest} has reported already.',
    hint: 'A late report needs nothing. If it goes on, the node’s disk was set back to an older copy, or cloned.',
  },
  node_is_client: {
    status: 404,
    message: 'This node is the client {client} of {cluster}, and has no member to tell of.',
    hint: '`picket-agent status` on the machine tells what it has; `picket status {cluster}` tells of all nodes.',
  },
  purpose_not_wanted: {
    status: 404,
    message: 'This node should hold no {purpose} certificate now.',
    hint: 'Fetch the desired state again.',
  },
} as const;
