//! What tries to act in a page it is put into: markup of many kinds, and what is left of each when it is read again.

use footbridge_feeds::{Request, map};
use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element, rewrite_str};
use proptest::prelude::*;
use std::cell::RefCell;

const URL: &str = "https://feeds.example/blog/feed";

/// The sanitised text of an entry with this content, which must be taken for HTML: a paragraph before it sees to that.
fn sanitized(content: &str) -> String {
    let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('\0', "");
    let feed = format!("<rss><channel><item><description>&lt;p>&lt;/p>{escaped}</description></item></channel></rss>");
    let request = Request { sanitize: true, ..Request::for_url(URL) };
    let collection = map(feed.as_bytes(), None, URL, &request).expect("a feed");
    let [item] = <[_; 1]>::try_from(collection.items).expect("one entry");
    item.object.sanitized.expect("it is HTML")
}

/// What is wrong with some HTML, read by another parser than the one that made it.
fn faults(html: &str) -> Vec<String> {
    let faults = RefCell::new(Vec::new());
    let judge = |element: &mut Element<'_, '_>| {
        let name = element.tag_name();
        if FORBIDDEN.contains(&&*name) {
            faults.borrow_mut().push(format!("<{name}>"));
        }
        for attribute in element.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            let acts = name.starts_with("on") || ["style", "srcdoc", "srcset", "id", "class", "name"].contains(&&*name);
            let leads =
                ["href", "src", "cite", "action", "formaction", "data", "background", "poster"].contains(&&*name);
            let is_fine = ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| value.starts_with(scheme));
            if acts || (leads && !is_fine) || name.contains(':') {
                faults.borrow_mut().push(format!("{name}={value}"));
            }
        }
        Ok(())
    };
    let settings = RewriteStrSettings::new().append_element_content_handler(element!("*", judge)).with_strict(false);
    rewrite_str(html, settings).expect("it is well-formed");
    faults.into_inner()
}

const FORBIDDEN: [&str; 24] = [
    "script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button",
    "textarea", "select", "svg", "math", "meta", "link", "base", "template", "noscript", "video", "audio", "marquee",
    "xmp",
];

const VECTORS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script/x>alert(1)</script>",
    "<script\n>alert(1)</script\n>",
    "<<script>alert(1);//<</script>",
    "<script>alert(1)",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror='alert(1)'//>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=x:x oNeRrOr=alert(1)>",
    "<img src='x' x='>' onerror=alert(1)>",
    "<img src=\"x` `<script>alert(1)</script>\"` `>",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<img src=javascript:alert(1)>",
    "<img src=data:text/html,<script>alert(1)</script>>",
    "<img src='data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+'>",
    "<img srcset='javascript:alert(1) 1x' src=y>",
    "<img lowsrc='javascript:alert(1)' dynsrc='javascript:alert(1)' src=y>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;&#97;vascript:alert(1)'>x</a>",
    "<a href='&#x6A;avascript&colon;alert(1)'>x</a>",
    "<a href='javascript&Tab;:alert(1)'>x</a>",
    "<a href='\u{1}javascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>x</a>",
    "<a href='feed:javascript:alert(1)'>x</a>",
    "<a href='view-source:javascript:alert(1)'>x</a>",
    "<a href='blob:https://x.example/1'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href=x onclick=alert(1) onmouseover=alert(1)>x</a>",
    "<a href='https://x.example/' style='position:fixed;inset:0'>x</a>",
    "<a xlink:href='javascript:alert(1)'>x</a>",
    "<b onmouseover=alert(1)>x</b>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<div id=location name=attributes class=admin>x</div>",
    "<body onload=alert(1)>",
    "<html manifest=x onclick=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<frameset onload=alert(1)><frame src=x></frameset>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<applet code=x></applet>",
    "<form action=javascript:alert(1)><input type=submit><button formaction=javascript:alert(1)>x</button></form>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)><option>x</select>",
    "<textarea autofocus onfocus=alert(1)></textarea>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<video><source onerror=alert(1)></video>",
    "<video poster=javascript:alert(1)//></video>",
    "<audio src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><script href=data:,alert(1) /></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text y=9>x</text></a></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>'/></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a title='</style><img src=x onerror=alert(1)>'>",
    "<svg><foreignObject><iframe onload=alert(1)></foreignObject></svg>",
    "<svg><desc><table><noscript><!--</noscript><img src=x onerror=alert(1)>--></table></desc></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<noembed><img title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<xmp><p title='</xmp><svg/onload=alert(1)>'></xmp>",
    "<style><a title='</style><img src=x onerror=alert(1)>'></style>",
    "<style>@import '//x.example/x.css';</style>",
    "<link rel=stylesheet href=//x.example/x.css>",
    "<link rel=import href=//x.example/x.html>",
    "<base href=//x.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<template><script>alert(1)</script></template>",
    "<template shadowrootmode=open><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?><?php echo 1 ?>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "<plaintext><img src=x onerror=alert(1)>",
    "<table background=javascript:alert(1)><td background=javascript:alert(1)>x</table>",
    "<table><script>alert(1)</script><tr><td onclick=alert(1)>x</table>",
    "<blockquote cite=javascript:alert(1)>x</blockquote>",
    "<q cite='java\rscript:alert(1)'>x</q><del cite=javascript:alert(1)>y</del>",
    "<ruby><rt onclick=alert(1)><script>alert(1)</script></ruby>",
    "<x-y onclick=alert(1) style=color:red>x</x-y>",
    "<custom onpointerrawupdate=alert(1)>x",
    "<p title='&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;'>x</p>",
    "<p title=\"'><img src=x onerror=alert(1)>\">x</p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<p>\u{202e}<a href='https://x.example/' ping='https://y.example/' target=_top download>x</a></p>",
    "<menu id=x contextmenu=x onshow=alert(1)>right-click",
    "<b/onclick=alert(1)//<b title='x",
    "<a href='https://x.example/' onclick=alert(1) <b>x</b>",
    "<img src=https://t.example/1.gif width=1 height=1>",
];

#[test]
fn nothing_that_acts_is_left() {
    assert!(VECTORS.len() >= 100);
    for vector in VECTORS {
        let clean = sanitized(vector);
        assert_eq!(faults(&clean), Vec::<String>::new(), "{vector} became {clean}");
        assert!(!clean.contains("1.gif"), "{clean}");
        assert_eq!(sanitized(&clean).replace("<p></p>", ""), clean.replace("<p></p>", ""), "{vector} is clean at once");
    }
}

#[test]
fn what_is_wrong_is_noticed() {
    for vector in
        ["<script>1</script>", "<p onclick=x>", "<a href=javascript:1>", "<img src=data:,x>", "<p style=x>", "<svg>"]
    {
        assert_eq!(faults(vector).len(), 1, "{vector}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_acts_is_left_of_vectors_in_one_another(
        parts in prop::collection::vec((prop::sample::select(VECTORS), any::<prop::sample::Index>()), 1..5),
    ) {
        let mut html = String::new();
        for (vector, at) in parts {
            let at = html.floor_char_boundary(at.index(html.len() + 1));
            html.insert_str(at, vector);
        }
        let clean = sanitized(&html);
        prop_assert_eq!(faults(&clean), Vec::<String>::new(), "{} became {}", html, clean);
    }
}
