//! `docs/configuration.md` says what the table says.

use std::{fmt::Write as _, fs, path::Path};

use footbridge_config::{Defaults, Setting, packages, settings};

const HEAD: &str = "\
# Configuration

Settings come from a file (`--config`, else `SOCKETHUB_CONFIG`, else `footbridge.config.json` or `sockethub.config.json` in
the working directory), then the environment, then flags; the later wins. The file is JSON. An unknown key or a value of
the wrong kind stops the start, and every problem is named with its place.

`footbridge --write-config` writes a file with the defaults, `footbridge --info` prints what is in force, secrets hidden.

Settings marked *ours* are unknown to Sockethub; those marked *ignored* are accepted so that its files start unchanged,
and noted at the start if they are set. Times are in milliseconds.

This page is made from the table that the gateway reads its settings by.
";

#[test]
fn the_page_of_settings_is_current() {
    // Asked when the test runs: checkouts that share their build output share this binary.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells its tests where they are");
    let path = Path::new(&package).join("../../docs/configuration.md");
    let page = page();
    if std::env::var_os("FOOTBRIDGE_WRITE_DOCS").is_some() {
        fs::write(&path, &page).expect("the page is written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/configuration.md is stale: run this test with FOOTBRIDGE_WRITE_DOCS=1");
}

fn page() -> String {
    let mut page = format!("{HEAD}\n## Settings\n\n");
    table(&mut page, settings());
    page.push_str("\n## Settings of platforms\n\nUnder `packageConfig[\"@sockethub/platform-<id>\"]`. Packages that are not listed are passed through unchecked.\n");
    for (id, settings) in packages() {
        writeln!(page, "\n### {id}\n").expect("writing to a string cannot fail");
        table(&mut page, settings.iter());
    }
    page
}

fn table<'a>(page: &mut String, settings: impl Iterator<Item = &'a Setting>) {
    page.push_str("| setting | meaning | default | kind | environment | flag |\n|---|---|---|---|---|---|\n");
    for setting in settings {
        let code = |text: Option<String>| text.map(|text| format!("`{text}`")).unwrap_or_default();
        let mark = match (setting.ignored, setting.ours) {
            (Some(reason), _) => format!(" *(ignored: {reason})*"),
            (None, true) => " *(ours)*".into(),
            (None, false) => String::new(),
        };
        writeln!(
            page,
            "| `{}` | {}{mark} | {} | {} | {} | {} |",
            setting.path,
            setting.help.replace('|', "\\|"),
            code(setting.default_text(Defaults { platforms: &["dummy", "feeds", "irc", "metadata", "xmpp"] })),
            setting.kind.to_string().replace('|', "\\|"),
            code(setting.env.map(Into::into)),
            code(setting.flag.map(|flag| format!("--{flag}"))),
        )
        .expect("writing to a string cannot fail");
    }
}
