/** The version of this agent, told to the coordinator; a test holds it equal to package.json's. */
export const agentVersion = '0.1.0';
