/** A file `shop.yml` with a mistake, and what is said of it: every line, word for word. */
export type BadFile = { readonly name: string; readonly text: string; readonly says: readonly string[] };

const lines = (...text: readonly string[]) => `${text.join('\n')}\n`;

/** Ten times more at each level: 10 to the 8th when written out. */
const bombLevels = Array.from('bcdefgh', (name, index) => {
  const aliases = Array.from({ length: 10 }, () => `*${'abcdefg'[index]}`);
  return `${name}: &${name} [${aliases.join(', ')}]`;
});

export const badFiles: readonly BadFile[] = [
  {
    name: 'a bare number as a duration',
    text: lines('shop.example.com:', '  interval: 5'),
    says: ['2:13: interval is "5". Add a unit: "5s" or "5ms".'],
  },
  {
    name: 'a number in quotes as a duration',
    text: lines('shop.example.com:', '  interval: "5"'),
    says: ['2:14: interval is "5". Add a unit: "5s" or "5ms".'],
  },
  {
    name: 'a unit that does not exist',
    text: lines('shop.example.com:', '  interval: 5 seconds'),
    says: ['2:13: interval is "5 seconds". Write a number and a unit: "250ms", "1.5s", "5m", "2h" or "1d".'],
  },
  {
    name: 'an interval below the floor',
    text: lines('shop.example.com:', '  interval: 1ms'),
    says: ['2:13: interval is "1ms". Write 5ms or more.'],
  },
  {
    name: 'a span of centuries',
    text: lines('shop.example.com:', '  stale_after: 100000d'),
    says: ['2:16: stale_after is "100000d". Write 1000d or less.'],
  },
  {
    name: 'a slip in a key',
    text: lines('shop.example.com:', '  intervall: 5s'),
    says: ['2:3: "intervall" is not a key here. Did you mean "interval"?'],
  },
  {
    name: 'a key that nothing resembles',
    text: lines('shop.example.com:', '  colour: red'),
    says: ['2:3: "colour" is not a key here. Remove it.'],
  },
  {
    name: 'a key without the indentation below its endpoint',
    text: lines('shop.example.com:', 'interval: 5s'),
    says: ['2:1: "interval" is a key of an endpoint, not an endpoint. Indent it below an endpoint\'s name.'],
  },
  {
    name: 'an endpoint that is a text',
    text: lines('shop.example.com: yes please'),
    says: ['1:19: "shop.example.com" is "yes please". Write keys below it, indented: "interval: 1s".'],
  },
  {
    name: 'an endpoint that is a list',
    text: lines('shop.example.com:', '  - interval: 5s'),
    says: ['2:3: "shop.example.com" is a list. Write keys below it, indented: "interval: 1s".'],
  },
  {
    name: 'a key without a value',
    text: lines('shop.example.com:', '  interval:'),
    says: ['2:3: interval is empty. Write a number and a unit: "250ms", "1.5s", "5m", "2h" or "1d".'],
  },
  {
    name: 'an unknown scheme',
    text: lines('shop.example.com:', '  scheme: htttp'),
    says: ['2:11: scheme is "htttp". Did you mean "http"?'],
  },
  {
    name: 'a scheme for later',
    text: lines('shop.example.com:', '  scheme: heartbeat'),
    says: ['2:11: scheme is "heartbeat". It is not supported yet.'],
  },
  {
    name: 'triggers',
    text: lines('triggers:', '  a: 1'),
    says: ['1:1: triggers is not supported yet. Remove it.'],
  },
  {
    name: 'heartbeats',
    text: lines('heartbeats: {}'),
    says: ['1:1: heartbeats is not supported yet. Remove it.'],
  },
  {
    name: 'a threshold of zero',
    text: lines('shop.example.com:', '  failure_threshold: 0'),
    says: ['2:22: failure_threshold is "0". Write a whole number from 1 to 65535.'],
  },
  {
    name: 'a threshold that is too large',
    text: lines('shop.example.com:', '  failure_threshold: 65536'),
    says: ['2:22: failure_threshold is "65536". Write a whole number from 1 to 65535.'],
  },
  {
    name: 'a threshold in words',
    text: lines('shop.example.com:', '  success_threshold: three'),
    says: ['2:22: success_threshold is "three". Write a whole number from 1 to 65535.'],
  },
  {
    name: 'a threshold between two numbers',
    text: lines('shop.example.com:', '  success_threshold: 1.5'),
    says: ['2:22: success_threshold is "1.5". Write a whole number from 1 to 65535.'],
  },
  {
    name: 'a text where true or false belongs',
    text: lines('shop.example.com:', '  fresh_connection: yes'),
    says: ['2:21: fresh_connection is "yes". Write true or false.'],
  },
  {
    name: 'a status that hfm does not have',
    text: lines('shop.example.com:', '  status: enable'),
    says: ['2:11: status is "enable". Did you mean "enabled"?'],
  },
  {
    name: 'a number as a header',
    text: lines('shop.example.com:', '  headers:', '    X-Version: 5'),
    says: ['3:16: headers.X-Version is not valid. Put it in quotes: "…".'],
  },
  {
    name: 'a header name with a space',
    text: lines('shop.example.com:', '  headers: { "X Version": a }'),
    says: ['2:14: "X Version" is not a name here. Name a header with letters, digits and "-".'],
  },
  {
    name: 'interval beside cron_schedule',
    text: lines('shop.example.com:', '  interval: 5s', '  cron_schedule: "* * * * *"'),
    says: ['3:3: cron_schedule stands beside interval. Keep one of them.'],
  },
  {
    name: 'cron_schedule without quotes',
    text: lines('shop.example.com:', '  cron_schedule: * * * * *'),
    says: ['2:18: a value that starts with "*" is an alias. Put it in quotes: "* * * * *".'],
  },
  {
    name: 'cron_schedule of six fields',
    text: lines('shop.example.com:', '  cron_schedule: "* * * * * *"'),
    says: [
      '2:19: cron_schedule is "* * * * * *". Write five fields: "minute hour day month weekday", such as "*/5 * * * *".',
    ],
  },
  {
    name: 'cron_schedule out of range',
    text: lines('shop.example.com:', '  cron_schedule: "61 * * * *"'),
    says: [
      '2:19: cron_schedule is "61 * * * *". Write five fields: "minute hour day month weekday", such as "*/5 * * * *".',
    ],
  },
  {
    name: 'cron_schedule that never comes',
    text: lines('shop.example.com:', '  cron_schedule: "0 0 31 2 *"'),
    says: ['2:19: cron_schedule is "0 0 31 2 *". It never comes; choose a day that the month has.'],
  },
  {
    name: 'a time zone that does not exist',
    text: lines('shop.example.com:', '  cron_schedule: "0 0 * * *"', '  timezone: Mars/Olympus'),
    says: ['3:13: timezone is "Mars/Olympus". Write a name such as "Europe/Berlin".'],
  },
  {
    name: 'a time zone without cron_schedule',
    text: lines('shop.example.com:', '  timezone: UTC'),
    says: ['2:13: timezone is for cron_schedule. Add cron_schedule, or remove timezone.'],
  },
  {
    name: 'a key of another scheme',
    text: lines('shop.example.com:', '  expect_banner: ok'),
    says: ['2:3: expect_banner is for tcp, tls, not for https. Remove it.'],
  },
  {
    name: 'an exec key on tcp',
    text: lines('shop.example.com:80:', '  scheme: tcp', '  test: /bin/true'),
    says: ['3:3: test is for exec, not for tcp. Remove it.'],
  },
  {
    name: 'port with dns',
    text: lines('example.com:', '  scheme: dns', '  port: 53'),
    says: ['3:3: port is for tcp, tls, not for dns. Remove it.'],
  },
  {
    name: 'a name that is no address',
    text: lines('my shop:', '  interval: 5s'),
    says: ['1:1: "my shop" is not an address. Add url: https://….'],
  },
  {
    name: 'a name with its scheme',
    text: lines('https://shop.example.com:', '  interval: 5s'),
    says: [
      '1:1: "https://shop.example.com" is not an address. Leave the scheme out of the name; write it as scheme.',
    ],
  },
  {
    name: 'a tcp name with its scheme',
    text: lines('tcp://shop.example.com:80:', '  scheme: tcp'),
    says: [
      '1:1: "tcp://shop.example.com:80" is not host:port. Leave the scheme out of the name; write it as scheme.',
    ],
  },
  {
    name: 'a url of another scheme',
    text: lines('shop:', '  url: http://shop.example.com'),
    says: ['2:8: url starts with http:// and the scheme is https. Write scheme: http.'],
  },
  {
    name: 'a url that is none',
    text: lines('shop:', '  url: shop.example.com'),
    says: ['2:8: url is not valid. Write a full address without a user name: "https://example.com/health".'],
  },
  {
    name: 'a url with a password, which is not repeated',
    text: lines('shop:', '  url: https://me:hunter2@shop.example.com'),
    says: ['2:8: url is not valid. Write a full address without a user name: "https://example.com/health".'],
  },
  {
    name: 'tcp without a port',
    text: lines('shop.example.com:', '  scheme: tcp'),
    says: ['1:1: "shop.example.com" has no port. Name it host:port, or add port.'],
  },
  {
    name: 'tcp with a port that does not exist',
    text: lines('shop.example.com:99999:', '  scheme: tcp'),
    says: ['1:1: 99999 is not a port. Write a port from 1 to 65535.'],
  },
  {
    name: 'tcp without a host',
    text: lines('my database:', '  scheme: tcp', '  port: 5432'),
    says: ['1:1: "my database" is not host:port. Add host and port.'],
  },
  {
    name: 'dns with a path',
    text: lines('example.com/health:', '  scheme: dns'),
    says: ['1:1: "example.com/health" is not a name to look up. Add host: example.com.'],
  },
  {
    name: 'a resolver by name',
    text: lines('example.com:', '  scheme: dns', '  resolver: dns.example.com'),
    says: [
      '3:13: resolver is "dns.example.com". Write an address and a port: "192.0.2.1:53" or "[2001:db8::1]:53".',
    ],
  },
  {
    name: 'an unknown record type',
    text: lines('example.com:', '  scheme: dns', '  record_type: PTR'),
    says: ['3:16: record_type is "PTR". Write one of A, AAAA, CNAME, MX, NS, TXT, SRV, SOA.'],
  },
  {
    name: 'exec without a program',
    text: lines('disk-space:', '  scheme: exec'),
    says: [
      '1:1: an exec endpoint needs test or test_shell. Add test: /path/of/a/program, or one line as test_shell.',
    ],
  },
  {
    name: 'exec with two programs',
    text: lines('disk-space:', '  scheme: exec', '  test: /bin/true', '  test_shell: "true"'),
    says: ['4:3: test_shell stands beside test. Keep one of them.'],
  },
  {
    name: 'arguments of a shell line',
    text: lines('disk-space:', '  scheme: exec', '  test_shell: df', '  test_arguments: [-h]'),
    says: ['4:19: test_arguments is for test, not for test_shell. Write the arguments into the line.'],
  },
  {
    name: 'a number as an argument',
    text: lines('disk-space:', '  scheme: exec', '  test: /bin/sleep', '  test_arguments: [1]'),
    says: ['4:20: test_arguments[0] is "1". Put it in quotes: "1".'],
  },
  {
    name: 'SIGKILL before SIGINT',
    text: lines(
      'disk-space:',
      '  scheme: exec',
      '  test: /bin/true',
      '  timeout_int: 3s',
      '  timeout_kill: 1s',
    ),
    says: ['5:17: timeout_kill is 1s, before SIGINT. Write 3s or more.'],
  },
  {
    name: 'a regular expression that is open',
    text: lines('shop.example.com:25:', '  scheme: tcp', '  expect_banner: "220 ("'),
    says: [
      '3:19: expect_banner is "220 (". Write a regular expression of RE2; put a "\\" before what is meant literally.',
    ],
  },
  {
    name: 'a regular expression that looks ahead',
    text: lines('shop.example.com:25:', '  scheme: tcp', '  expect_banner: 220(?=x)'),
    says: [
      '3:21: expect_banner is "220(?=x)". RE2 has no lookahead or lookbehind: write two tests, the second with "!" where something must be absent.',
    ],
  },
  {
    name: 'regular expressions in success tests that RE2 does not have',
    text: lines(
      'shop.example.com:',
      '  success_test:',
      "    - body.matches('ok|(fine')",
      "    - status_code == 200 && body.matches('(a)\\\\1')",
      "    - body.matches('[z-a]') || true",
    ),
    says: [
      '3:21: success_test: matches: missing closing ): ok|(fine. Write a regular expression of RE2; put a "\\" before what is meant literally.',
      '4:46: success_test: matches: invalid escape sequence: \\1. RE2 has no backreferences: write out what may stand there.',
      '5:22: success_test: matches: invalid character class range: z-a. Write a regular expression of RE2; put a "\\" before what is meant literally.',
    ],
  },
  {
    name: 'a JSON path with an empty part',
    text: lines('shop.example.com:', '  response_json_values: [status, a..b]'),
    says: ['2:34: response_json_values[1] is "a..b". Write keys joined by dots: checks.db.latency.'],
  },
  {
    name: 'a test that names an unknown variable',
    text: lines('shop.example.com:', '  success_test: status_cod == 200'),
    says: ['2:17: success_test: unknown variable: status_cod. Did you mean "status_code"?'],
  },
  {
    name: 'a test that names a variable of another scheme',
    text: lines(
      'shop.example.com:25:',
      '  scheme: tcp',
      '  success_test: banner != "" && status_code == 200',
    ),
    says: [
      '3:33: success_test: unknown variable: status_code. With tcp there are latency_ms, dns_ms, connect_ms, banner.',
    ],
  },
  {
    name: 'a test that does not parse',
    text: lines('shop.example.com:', '  success_test: status_code =='),
    says: [
      '2:31: success_test: unexpected end. Write a CEL expression such as status_code == 200 && latency_ms < 300.',
    ],
  },
  {
    name: 'a test that compares what does not compare',
    text: lines('shop.example.com:', '  success_test: status_code == "200"'),
    says: ['2:17: success_test: no such overload: int == string. Compare and call values of fitting types.'],
  },
  {
    name: 'a test that mixes double and int',
    text: lines('shop.example.com:', '  success_test: latency_ms * 2 < 300'),
    says: [
      '2:17: success_test: no such overload: double * int. Write the number with a decimal point: 300.0.',
    ],
  },
  {
    name: 'a test that is no test',
    text: lines('shop.example.com:', '  success_test: status_code'),
    says: [
      '2:17: success_test: it yields int, not true or false. Compare it with something: status_code == 200.',
    ],
  },
  {
    name: 'a test in a list',
    text: lines(
      'shop.example.com:',
      '  success_test:',
      '    - status_code == 200',
      '    - bod.contains("ok")',
    ),
    says: ['4:7: success_test: unknown variable: bod. Did you mean "body"?'],
  },
  {
    name: 'a simple test without its value',
    text: lines('shop.example.com:', '  success_test: { key: status }'),
    says: ['2:3: success_test.value is missing. Write a text, a number, true, false or null.'],
  },
  {
    name: 'a simple test with a slip',
    text: lines('shop.example.com:', '  success_test: { key: status, valeu: ok }'),
    says: [
      '2:3: success_test.value is missing. Write a text, a number, true, false or null.',
      '2:32: "valeu" is not a key here. Did you mean "value"?',
    ],
  },
  {
    name: 'a simple test of what has no JSON',
    text: lines('shop.example.com:25:', '  scheme: tcp', '  success_test: { key: status, value: ok }'),
    says: ['3:17: success_test looks for a JSON value, which tcp does not have. Write a CEL expression.'],
  },
  {
    name: 'a test that is a number',
    text: lines('shop.example.com:', '  success_test: 200'),
    says: ['2:17: success_test is "200". Write a CEL expression, or { key: status, value: ok }.'],
  },
  {
    name: 'maintenance of neither kind',
    text: lines('shop.example.com:', '  maintenance:', '    - every night'),
    says: [
      '3:7: maintenance[0] is "every night". Write { cron: "0 2 * * *", duration: 1h } or { from: 2026-12-24T18:00:00Z, to: 2026-12-24T20:00:00Z }.',
    ],
  },
  {
    name: 'maintenance without its duration',
    text: lines('shop.example.com:', '  maintenance:', '    - cron: "0 2 * * *"'),
    says: [
      '3:7: maintenance[0].duration is missing. Write a number and a unit: "250ms", "1.5s", "5m", "2h" or "1d".',
    ],
  },
  {
    name: 'maintenance that ends before it begins',
    text: lines(
      'shop.example.com:',
      '  maintenance:',
      '    - { from: 2026-12-24T20:00:00Z, to: 2026-12-24T18:00:00Z }',
    ),
    says: ['3:41: maintenance[0].to is "2026-12-24T18:00:00Z". Write an instant after "from".'],
  },
  {
    name: 'maintenance on a day that does not exist',
    text: lines('shop.example.com:', '  maintenance:', '    - { from: 2026-13-45, to: 2026-12-24 }'),
    says: ['3:15: maintenance[0].from is "2026-13-45". Write a date and time: "2026-12-24T18:00:00Z".'],
  },
  {
    name: 'a literal password, which is not repeated',
    text: lines('shop.example.com:', '  basic_auth: { username: me, password: hunter2 }'),
    says: [
      '2:3: basic_auth.password_secret is missing. Write only the name of the secret: a-z, 0-9 and single "-", at most 64 characters.',
      '2:31: password is not accepted: a password does not belong in a file; write its name in password_secret.',
    ],
  },
  {
    name: 'a secret in place of its name, which is not repeated',
    text: lines('shop.example.com:', '  bearer_secret: SK_live_1234'),
    says: [
      '2:18: bearer_secret is not valid. Write only the name of the secret: a-z, 0-9 and single "-", at most 64 characters.',
    ],
  },
  {
    name: 'aws_key',
    text: lines(
      'shop.example.com:',
      '  post_service: aws-eventbridge',
      '  aws_key: AKIAEXAMPLE',
      '  aws_secret: hunter2',
    ),
    says: [
      '3:3: aws_key is not accepted: credentials come from the role; remove them.',
      '4:3: aws_secret is not accepted: credentials come from the role; remove them.',
    ],
  },
  {
    name: 'the seeds own indentation',
    text: lines('shop.example.com:', '  post_service: aws-cloudwatch', '    data_detail_type: type1'),
    says: [
      '2:17: a second ": " is on this line, or the next line is indented below a value. Put the value in quotes, or take the lines below back to the column of their siblings.',
    ],
  },
  {
    name: 'an unknown target',
    text: lines(
      'targets:',
      '  datadog:',
      '    recipients: [ops@example.com]',
      'shop.example.com:',
      '  targets: [datadgo]',
    ),
    says: ['5:13: there is no target "datadgo". Did you mean "datadog"?'],
  },
  {
    name: 'targets that are no list',
    text: lines('shop.example.com:', '  targets: ops'),
    says: ['2:12: targets is "ops". Write a list of names: [ops].'],
  },
  {
    name: 'a target without a destination',
    text: lines('targets:', '  ops:', '    max_per_second: 1'),
    says: ['2:3: the target "ops" has no destination. Add post_endpoint, post_service, recipients or run.'],
  },
  {
    name: 'a target with two destinations',
    text: lines(
      'targets:',
      '  ops:',
      '    post_endpoint: https://example.com',
      '    post_service: aws-sns',
      '    topic_arn: arn:aws:sns:eu-west-1:123456789012:ops',
    ),
    says: ['4:5: post_service stands beside post_endpoint. Keep one of them.'],
  },
  {
    name: 'a target with a key of another destination',
    text: lines('targets:', '  ops:', '    post_endpoint: https://example.com', '    event_bus: default'),
    says: ['4:5: event_bus is for aws-eventbridge, not for post_endpoint. Remove it.'],
  },
  {
    name: 'a body without a webhook',
    text: lines('shop.example.com:', '  post_json_info: { a: b }'),
    says: ['2:3: post_json_info needs post_endpoint. Add it.'],
  },
  {
    name: 'a topic without its ARN',
    text: lines('targets:', '  ops:', '    post_service: aws-sns'),
    says: ['3:19: aws-sns needs topic_arn. Add topic_arn.'],
  },
  {
    name: 'an ARN that is none',
    text: lines('targets:', '  ops:', '    post_service: aws-sns', '    topic_arn: ops'),
    says: ['4:16: topic_arn is "ops". Write the whole ARN: arn:aws:sns:eu-west-1:123456789012:ops.'],
  },
  {
    name: 'a service that is none',
    text: lines('targets:', '  ops:', '    post_service: aws-event-bridge'),
    says: ['3:19: post_service is "aws-event-bridge". Did you mean "aws-eventbridge"?'],
  },
  {
    name: 'a source that AWS keeps for itself',
    text: lines('targets:', '  ops:', '    post_service: aws-eventbridge', '    data_source: aws.shop'),
    says: ['4:18: data_source is "aws.shop". Choose one that does not start with "aws.", which is reserved.'],
  },
  {
    name: 'details as a list of maps',
    text: lines(
      'targets:',
      '  ops:',
      '    post_service: aws-eventbridge',
      '    data_details_json:',
      '      - status: "{status}"',
    ),
    says: ['5:7: data_details_json is a list. Write a map: { status: "{status}" }.'],
  },
  {
    name: 'a target with a strange name',
    text: lines('targets:', '  my ops:', '    recipients: [ops@example.com]'),
    says: ['2:3: "my ops" is not a name here. Name a target with letters, digits, "-" and "_", at most 64.'],
  },
  {
    name: 'a recipient that is none',
    text: lines('targets:', '  ops:', '    recipients: [ops]'),
    says: ['3:18: recipients[0] is "ops". Write an e-mail address, or a phone number such as +15550100.'],
  },
  {
    name: 'a transition that is none',
    text: lines('targets:', '  ops:', '    on: [fails]', '    recipients: [ops@example.com]'),
    says: ['3:10: on[0] is "fails". Did you mean "fail"?'],
  },
  {
    name: 'a command as one text',
    text: lines('targets:', '  ops:', '    run: pfctl -t lb'),
    says: [
      '3:10: run is "pfctl -t lb". Write a list: the program and its arguments, such as ["/bin/sh", "-c", "…"].',
    ],
  },
  {
    name: 'a placeholder without quotes',
    text: lines(
      'targets:',
      '  ops:',
      '    post_endpoint: https://example.com',
      '    post_json_info:',
      '      title: {name}',
    ),
    says: ['5:14: post_json_info.title is a YAML map, not a placeholder. Quote it: "{name}".'],
  },
  {
    name: 'a placeholder without quotes in a list',
    text: lines(
      'shop.example.com:',
      '  post_endpoint: https://example.com',
      '  post_json_info:',
      '    tags:',
      '      - status: {status}',
    ),
    says: ['5:17: post_json_info.tags[0].status is a YAML map, not a placeholder. Quote it: "{status}".'],
  },
  {
    name: 'a header that is a placeholder without quotes',
    text: lines(
      'targets:',
      '  ops:',
      '    post_endpoint: https://example.com',
      '    post_headers: { X-Group: {group} }',
    ),
    says: ['4:30: post_headers.X-Group is a YAML map, not a placeholder. Quote it: "{group}".'],
  },
  {
    name: 'a placeholder with a slip',
    text: lines(
      'targets:',
      '  ops:',
      '    post_endpoint: https://example.com',
      '    post_json_info:',
      '      title: "{nme} is {state}"',
    ),
    says: ['5:15: post_json_info.title: "{nme}" is not a placeholder. Did you mean "name"?'],
  },
  {
    name: 'a placeholder that no endpoint fills',
    text: lines(
      'shop.example.com:',
      '  response_json_values: [status]',
      '  post_endpoint: https://example.com',
      '  post_json_info: { text: "{colour} {status}" }',
    ),
    says: [
      '4:28: post_json_info.text: "{colour}" is not a placeholder. Name it in response_json_values, or write "{{" for a literal brace.',
    ],
  },
  {
    name: 'a placeholder in an address',
    text: lines('targets:', '  ops:', '    post_endpoint: https://example.com/{name}'),
    says: ['3:20: post_endpoint cannot hold {placeholders}. Put them into post_json_info or post_headers.'],
  },
  {
    name: 'an api key without a secret',
    text: lines(
      'targets:',
      '  ops:',
      '    post_endpoint: https://example.com',
      '    post_api_key: { param_name: key }',
    ),
    says: ['4:5: post_api_key is incomplete. Give it param_secret, the name of a secret.'],
  },
  {
    name: 'an api key without a name',
    text: lines(
      'targets:',
      '  ops:',
      '    post_endpoint: https://example.com',
      '    post_api_key: { param_secret: key }',
    ),
    says: ['4:5: post_api_key is incomplete. Give it param_name, the name of the parameter, header or user.'],
  },
  {
    name: 'an api key that is one text, which is not repeated',
    text: lines('targets:', '  ops:', '    post_endpoint: https://example.com', '    post_api_key: hunter2'),
    says: [
      '4:19: post_api_key is not valid. Write a map: { param_name: api_key, param_secret: name-of-the-secret }.',
    ],
  },
  {
    name: 'an api key in the file, which is not repeated',
    text: lines(
      'targets:',
      '  ops:',
      '    post_endpoint: https://example.com',
      '    post_api_key: { param_name: key, param_value: hunter2 }',
    ),
    says: [
      '4:38: warning: secrets do not belong in files. Put the key into a secret and write its name in param_secret.',
    ],
  },
  {
    name: 'data_* with aws-cloudwatch',
    text: lines('targets:', '  ops:', '    post_service: aws-cloudwatch', '    data_source: shop'),
    says: [
      '3:19: note: with data_* keys aws-cloudwatch means EventBridge, once named CloudWatch Events. Write aws-eventbridge.',
    ],
  },
  {
    name: 'a metric resolution that CloudWatch does not have',
    text: lines('targets:', '  ops:', '    post_service: aws-cloudwatch', '    metric_resolution: 5s'),
    says: ['4:24: metric_resolution is "5s". Did you mean "1s"?'],
  },
  {
    name: 'two names with one id',
    text: lines('shop.example.com/a:', '  interval: 5s', 'shop.example.com-a:', '  interval: 5s'),
    says: [
      '3:1: "shop.example.com-a" has the same id, "shop-example-com-a", as "shop.example.com/a" at shop.yml:1. Rename one of them.',
    ],
  },
  {
    name: 'the same name twice',
    text: lines('shop.example.com:', '  interval: 5s', 'shop.example.com:', '  interval: 1s'),
    says: ['3:1: "shop.example.com" is given twice, first in line 1. Remove one, or put both together.'],
  },
  {
    name: 'the same key twice',
    text: lines('shop.example.com:', '  interval: 5s', '  interval: 1s'),
    says: ['3:3: "interval" is given twice, first in line 2. Remove one, or put both together.'],
  },
  {
    name: 'a name with the id of the monitor itself',
    text: lines('Self:', '  interval: 5s'),
    says: ['1:1: the name "Self" is the monitor\'s own. Choose another name, or write self.'],
  },
  {
    name: 'a name without a letter',
    text: lines('"---":', '  interval: 5s'),
    says: ['1:1: the name "---" has no letter a-z or digit. Choose another name.'],
  },
  {
    name: 'a dependency that does not exist',
    text: lines('shop.example.com:', '  depends_on: [gateway]', 'gateway1:', '  url: https://example.com'),
    says: ['2:16: there is no endpoint "gateway". Did you mean "gateway1"?'],
  },
  {
    name: 'a dependency on itself',
    text: lines('shop.example.com:', '  depends_on: [shop.example.com]'),
    says: ['2:16: "shop.example.com" depends on itself. Remove it.'],
  },
  {
    name: 'a circle of dependencies',
    text: lines(
      'a.example.com:',
      '  depends_on: [b.example.com]',
      'b.example.com:',
      '  depends_on: [a.example.com]',
    ),
    says: [
      '4:15: depends_on goes in a circle: a.example.com → b.example.com → a.example.com. Remove one of the names.',
    ],
  },
  {
    name: 'a key that self does not have',
    text: lines('self:', '  cron_schedule: "* * * * *"'),
    says: ['2:3: "cron_schedule" is not a key here. Remove it.'],
  },
  {
    name: 'a test of self with an unknown variable',
    text: lines('self:', '  success_test: latenes_ms < 100'),
    says: ['2:17: success_test: unknown variable: latenes_ms. Did you mean "lateness_ms"?'],
  },
  {
    name: 'defaults that hold for no scheme',
    text: lines('defaults:', '  success_test: status == 200'),
    says: [
      '2:17: success_test: unknown variable: status. With http there are latency_ms, dns_ms, connect_ms, tls_ms, cert_days_left, ttfb_ms, status_code, headers, body, json.',
    ],
  },
  {
    name: 'defaults that do not hold for this scheme',
    text: lines('defaults:', '  success_test: status_code == 200', 'shop.example.com:25:', '  scheme: tcp'),
    says: [
      '3:1: success_test (from the defaults): unknown variable: status_code. With tcp there are latency_ms, dns_ms, connect_ms, banner.',
    ],
  },
  {
    name: 'stale_after shorter than the interval',
    text: lines('shop.example.com:', '  interval: 1m', '  stale_after: 10s'),
    says: [
      '3:16: warning: stale_after is 10s, shorter than 1m between two checks: the state will often be unknown. Write 1m or more.',
    ],
  },
  {
    name: 'a list of endpoints',
    text: lines('- shop.example.com', '- example.com'),
    says: ['1:1: the file is a list. Write a map: the name of an endpoint, and its keys below it.'],
  },
  {
    name: 'a file that is one text',
    text: lines('hello'),
    says: ['1:1: the file is "hello". Write a map: the name of an endpoint, and its keys below it.'],
  },
  {
    name: 'two documents',
    text: lines('a.example.com:', '---', 'b.example.com:'),
    says: [
      '2:1: a second document starts here. Leave one document in the file; give the others files of their own.',
    ],
  },
  {
    name: 'a tab',
    text: lines('shop.example.com:', '\tinterval: 5s'),
    says: ['2:1: a tab cannot indent. Use spaces.'],
  },
  {
    name: 'indentation that fits nothing',
    text: lines('shop.example.com:', '  interval: 5s', ' timeout: 1s'),
    says: [
      '3:1: the indentation does not fit the lines before. Indent with spaces; keys of one map start in the same column.',
    ],
  },
  {
    name: 'a quote that stays open',
    text: lines('shop.example.com:', '  description: "open'),
    says: ['3:1: something is missing here: a closing quote or bracket, a "," or a ":". Add it.'],
  },
  {
    name: 'a bracket that stays open',
    text: lines('shop.example.com:', '  targets: [ops'),
    says: [
      '3:1: the indentation does not fit the lines before. Indent with spaces; keys of one map start in the same column.',
    ],
  },
  {
    name: 'a colon in a plain value',
    text: lines('shop.example.com:', '  description: note: this'),
    says: [
      '2:16: a second ": " is on this line, or the next line is indented below a value. Put the value in quotes, or take the lines below back to the column of their siblings.',
    ],
  },
  {
    name: 'a key without a colon',
    text: lines('shop.example.com:', '  interval 5s', '  timeout: 1s'),
    says: [
      '2:3: a key without ": " and a value, or one that goes over several lines. Write "key: value" on one line.',
    ],
  },
  {
    name: 'an @ at the start of a value',
    text: lines('shop.example.com:', '  description: @ops'),
    says: ['2:16: a plain value cannot start with this character. Put the value in quotes.'],
  },
  {
    name: 'an alias without an anchor',
    text: lines('shop.example.com:', '  description: *text'),
    says: ['2:16: nothing above has the anchor "&text". Put the value in quotes if it is no alias.'],
  },
  {
    name: 'an alias within its own anchor',
    text: lines('shop.example.com: &a', '  labels: *a'),
    says: ['2:11: the alias "*a" stands inside its own anchor. Write the value out.'],
  },
  {
    name: 'a merge of a text',
    text: lines('shop.example.com:', '  <<: hello'),
    says: ['2:7: "<<" merges maps only. Write "<<: *anchor-of-a-map".'],
  },
  {
    name: 'a tag',
    text: lines('shop.example.com:', '  description: !secret text'),
    says: ['2:16: tags such as !name are not supported. Remove the tag.'],
  },
  {
    name: 'YAML 1.1',
    text: lines('%YAML 1.1', '---', 'shop.example.com:'),
    says: ['1:1: files are YAML 1.2, not 1.1. Remove the %YAML line.'],
  },
  {
    name: 'a map as a key',
    text: lines('? { a: b }', ': c'),
    says: ['1:3: a key must be a text. Put it in quotes.'],
  },
  {
    name: '__proto__',
    text: lines('__proto__:', '  interval: 5s'),
    says: ['1:1: "__proto__" cannot be a key. Choose another name.'],
  },
  {
    name: 'several mistakes at once',
    text: lines('shop.example.com:', '  interval: 5', '  shceme: http', '  targets: ops'),
    says: [
      '2:13: interval is "5". Add a unit: "5s" or "5ms".',
      '3:3: "shceme" is not a key here. Did you mean "scheme"?',
      '4:12: targets is "ops". Write a list of names: [ops].',
    ],
  },
  {
    name: 'a zero byte',
    text: lines('shop.example.com:', '  description: "a\0b"'),
    says: [
      '2:18: the control character U+0000 is not allowed in YAML. Remove it, or write it as an escape between double quotes.',
    ],
  },
  {
    name: 'nesting of 40 levels',
    text: `shop.example.com: ${'['.repeat(40)}${']'.repeat(40)}`,
    says: ['1:50: this is nested deeper than 32 levels. Flatten it.'],
  },
  {
    name: 'a YAML bomb',
    text: lines('a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]', ...bombLevels),
    says: ['5:36: the file uses more than 10,000 aliases, counted as written out. Use fewer.'],
  },
  {
    name: 'lines that end in CR LF',
    text: 'shop.example.com:\r\n  interval: 5\r\n  timeout: 1\r\n',
    says: [
      '2:13: interval is "5". Add a unit: "5s" or "5ms".',
      '3:12: timeout is "1". Add a unit: "1s" or "1ms".',
    ],
  },
];
