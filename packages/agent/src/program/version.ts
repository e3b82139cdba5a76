/** The version of this agent, which the agent reports; a test holds it equal to package.json's. */
export const agentVersion = '0.1.0';
