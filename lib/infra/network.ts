import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Validations } from 'aws-cdk-lib/core';
import type { Network } from './context.ts';

/** Puts a function into subnets by their ids alone: nothing is looked up, so it synthesizes without an account. */
export const placeInNetwork = (
  lambda: LambdaFunction,
  role: Role,
  { vpcId, subnetIds, securityGroupIds }: Network,
): void => {
  // Lambda makes the interfaces with the function's role; none of these calls can be limited to them.
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'Lambda wants its calls for network interfaces allowed on all, since they do not exist before.',
  });
  const ownGroup = () =>
    new CfnSecurityGroup(lambda, 'SecurityGroup', {
      vpcId,
      groupDescription: 'Checks go out, nothing comes in',
      securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'To what is checked' }],
    }).attrGroupId;
  (lambda.node.defaultChild as CfnFunction).vpcConfig = {
    subnetIds: [...subnetIds],
    securityGroupIds: securityGroupIds.length > 0 ? [...securityGroupIds] : [ownGroup()],
  };
};
