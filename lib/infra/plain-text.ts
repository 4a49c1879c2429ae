/** Text of a file that stands in a template, where `{{resolve:…}}` would put a secret and `${Token[…]}` a value of the
 *  CDK. Both stay readable, and mean nothing. */
export const plainText = (text: string): string => text.replaceAll(/[{$](?=\{)/g, '$& ');
