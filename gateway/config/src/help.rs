//! The text of `--help`, made from the settings table.

use std::fmt::Write;

use crate::command::Defaults;
use crate::sections::package_config;
use crate::setting::Setting;
use crate::table;

const HEAD: &str = "\
Footbridge: a gateway from the web to IRC, XMPP, feeds and more

Usage: footbridge [options]

Options:
  -c, --config <path>      Configuration file (also SOCKETHUB_CONFIG); without it footbridge.config.json or
                           sockethub.config.json in the working directory, if there is one
      --write-config [path|-]
                           Write a file with the defaults to start from, to sockethub.config.json, the path or
                           standard output, and end
      --role all           Which parts to run in this process
      --no-examples        The same as --examples=false
  -h, --help               Print this text and end
  -v, --version            Print the version and end

Flags win over environment variables, these over the file, and that over the defaults.
";

/// Usage and all settings.
pub(crate) fn text(defaults: Defaults) -> String {
    let mut text = format!("{HEAD}\nSettings:\n");
    for setting in table::settings() {
        describe(&mut text, "", setting, defaults);
    }
    text.push_str("\nKnown to packageConfig[\"@sockethub/platform-<id>\"]:\n");
    for (id, settings) in package_config::KNOWN {
        for setting in *settings {
            describe(&mut text, &format!("{id}: "), setting, defaults);
        }
    }
    text
}

fn describe(text: &mut String, owner: &str, setting: &Setting, defaults: Defaults) {
    let mut lines = format!("  {owner}{}", setting.path);
    if let Some(flag) = setting.flag {
        lines.extend(["  --", flag]);
    }
    if let Some(variable) = setting.env {
        lines.extend(["  $", variable]);
    }
    lines.extend(["\n      ", setting.help]);
    if let Some(reason) = setting.ignored {
        lines.extend([" (ignored: ", reason, ")"]);
    }
    let kind = setting.kind;
    let default = setting.default_text(defaults).unwrap_or_else(|| "unset".to_owned());
    writeln!(text, "{lines}\n      Default: {default}; {kind}").expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_flag_and_variable_is_listed() {
        let text = text(Defaults { platforms: &["dummy"] });
        for setting in table::settings() {
            let flag = setting.flag.map(|name| format!("--{name}"));
            let variable = setting.env.map(|name| format!("${name}"));
            for word in [Some(setting.path.to_owned()), flag, variable].into_iter().flatten() {
                assert!(text.split_whitespace().any(|listed| listed == word), "{word}");
            }
        }
        assert!(text.contains(r#"Default: ["@sockethub/platform-dummy"]"#), "{text}");
    }
}
