import { CfnOIDCProvider, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { type App, CfnOutput, DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib/core';

export type GithubStackProps = {
  /** `owner/name`. */
  readonly repository: string;
  readonly branch: string;
  /** Of GitHub's provider where the account has one already: there can be one only. */
  readonly oidcProviderArn: string | null;
};

const ISSUER = 'token.actions.githubusercontent.com';

/** Lets the workflows of one repository deploy, without a key that could leak: they may take the roles that
 *  `cdk bootstrap` made, and nothing else. */
export class GithubStack extends Stack {
  constructor(scope: App, props: GithubStackProps) {
    super(scope, 'PeregrineGithub', { description: `Roles for the workflows of ${props.repository}` });
    const { repository, branch, oidcProviderArn } = props;
    const provider = oidcProviderArn ?? this.provider();
    this.role('Deploy', provider, `repo:${repository}:ref:refs/heads/${branch}`, [
      'deploy',
      'file-publishing',
      'lookup',
    ]);
    this.role('Diff', provider, `repo:${repository}:pull_request`, ['lookup']);
  }

  private provider(): string {
    return new CfnOIDCProvider(this, 'Provider', {
      url: `https://${ISSUER}`,
      clientIdList: ['sts.amazonaws.com'],
    }).attrArn;
  }

  private role(name: string, provider: string, subject: string, roles: readonly string[]): void {
    const role = new Role(this, name, {
      assumedBy: new WebIdentityPrincipal(provider, {
        StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: subject },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['sts:AssumeRole'],
        resources: roles.map(each => this.bootstrapRole(each)),
      }),
    );
    new CfnOutput(this, `${name}RoleArn`, { value: role.roleArn });
  }

  private bootstrapRole(name: string): string {
    const qualifier =
      this.node.tryGetContext('@aws-cdk/core:bootstrapQualifier') ??
      DefaultStackSynthesizer.DEFAULT_QUALIFIER;
    return Fn.sub(
      `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/cdk-${qualifier}-${name}-role-\${AWS::AccountId}-\${AWS::Region}`,
    );
  }
}
