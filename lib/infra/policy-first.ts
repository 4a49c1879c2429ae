import type { CfnPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';

/** What `addToPolicy` makes. */
export const policyOf = (role: Role): CfnPolicy =>
  role.node.findChild('DefaultPolicy').node.defaultChild as CfnPolicy;

/** The CDK also names the role, on which the function depends anyway: cfn-lint's W3005. */
export const dependOnPolicyAlone = (lambda: LambdaFunction, role: Role): void =>
  (lambda.node.defaultChild as CfnFunction).addOverride('DependsOn', [policyOf(role).logicalId]);
