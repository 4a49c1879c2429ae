import { CfnOIDCProvider, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { type App, CfnOutput, DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib/core';

export type GithubStackProps = {
  /** `owner/name`. */
  readonly repository: string;
  readonly branch: string;
  /** `owner's id/repository's id`, which no other repository ever gets. */
  readonly repositoryIds: string | null;
  /** ARN of GitHub's provider where the account has one already: there can be one only. */
  readonly oidcProviderArn: string | null;
};

const ISSUER = 'token.actions.githubusercontent.com';

/** A token's condition on its subject. Of repositories that were made, renamed or transferred after 15 July 2026 the
 *  subject has ids behind the names, `repo:owner@1/name@2:…`, and `@` is in no name. Others have it without. */
const subjectIs = ({ repository, repositoryIds }: GithubStackProps, of: string) => {
  const [owner, name] = repository.split('/');
  const [ownerId, id] = repositoryIds?.split('/') ?? ['*', '*'];
  const subjects = [`repo:${repository}:${of}`, `repo:${owner}@${ownerId}/${name}@${id}:${of}`];
  return { operator: repositoryIds === null ? 'StringLike' : 'StringEquals', subjects };
};

/** Lets the workflows of one repository deploy, without a key that could leak: they may take the roles that
 *  `cdk bootstrap` made, and nothing else. */
export class GithubStack extends Stack {
  constructor(scope: App, props: GithubStackProps) {
    super(scope, 'PeregrineGithub', { description: `Roles for the workflows of ${props.repository}` });
    const provider = props.oidcProviderArn ?? this.provider();
    const onBranch = subjectIs(props, `ref:refs/heads/${props.branch}`);
    this.role('Deploy', provider, onBranch, ['deploy', 'file-publishing', 'lookup']);
    this.role('Diff', provider, subjectIs(props, 'pull_request'), ['lookup']);
  }

  private provider(): string {
    return new CfnOIDCProvider(this, 'Provider', {
      url: `https://${ISSUER}`,
      clientIdList: ['sts.amazonaws.com'],
    }).attrArn;
  }

  private role(
    name: string,
    provider: string,
    { operator, subjects }: ReturnType<typeof subjectIs>,
    roles: readonly string[],
  ): void {
    const audience = { [`${ISSUER}:aud`]: 'sts.amazonaws.com' };
    const subject = { [`${ISSUER}:sub`]: subjects };
    const role = new Role(this, name, {
      assumedBy: new WebIdentityPrincipal(
        provider,
        operator === 'StringEquals'
          ? { StringEquals: { ...audience, ...subject } }
          : { StringEquals: audience, StringLike: subject },
      ),
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
