export { verify, type VerifyOptions } from './verify/verify.ts';
export type { RowDifference, RowKey, TableVerdict, Verdict } from './verify/verdict.ts';
export { cutOver, type CutoverOptions, type CutoverReport } from './cutover/cutover.ts';
export { fencedTables, FENCED_SQLSTATE, liftFence, raiseFence, removeFence, type FenceOptions } from './cutover/fence.ts';
export type { StepReport } from './cutover/machine.ts';
export { planCutover, printPlan, type CutoverPlan, type Direction, type PlannedStep, type PlanOptions, type StepName } from './cutover/plan.ts';
export type { CutoverPorts, Drain, Gate, Reverse } from './cutover/ports.ts';
export { connectorConfigs, printConnector, type ConnectorConfig, type ConnectorOptions, type Engine } from './capture/connector.ts';
export { connectorEnvironment, databaseSettings, type DatabaseSettings } from './capture/connector-settings.ts';
