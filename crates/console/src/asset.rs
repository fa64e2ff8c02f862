//! Style, script and fonts, embedded in the binary. Their address carries a hash of their content, so they may
//! be kept for ever.

use sha2::{Digest, Sha256};
use std::{borrow::Cow, sync::LazyLock};

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// `app.css`
    pub name: &'static str,
    /// `app.1f2e3d4c5b6a.css`
    pub hashed: String,
    pub media_type: &'static str,
    pub bytes: Cow<'static, [u8]>,
}

impl Asset {
    fn new(name: &'static str, media_type: &'static str, bytes: Cow<'static, [u8]>) -> Self {
        let hash = kernel::hex(&Sha256::digest(&bytes)[..6]);
        let (stem, kind) = name.rsplit_once('.').unwrap_or((name, "bin"));
        Self { name, hashed: format!("{stem}.{hash}.{kind}"), media_type, bytes }
    }
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let font = |name, bytes: &'static [u8]| Asset::new(name, "font/woff2", Cow::Borrowed(bytes));
    let script = |name, text: &'static str| {
        Asset::new(name, "text/javascript; charset=utf-8", Cow::Borrowed(text.as_bytes()))
    };
    let fonts = [
        font("inter.woff2", include_bytes!("../assets/vendor/inter/inter.woff2")),
        font("mono.woff2", include_bytes!("../assets/vendor/jetbrains-mono/mono.woff2")),
    ];
    let mut style = include_str!("../assets/app.css").to_owned();
    for font in &fonts {
        style = style.replace(font.name, &font.hashed);
    }
    let mut all = vec![
        Asset::new("app.css", "text/css; charset=utf-8", Cow::Owned(style.into_bytes())),
        Asset::new(
            "guide.css",
            "text/css; charset=utf-8",
            Cow::Borrowed(include_bytes!("../assets/guide.css")),
        ),
        script("console.js", include_str!("../assets/console.js")),
        script("hosted.js", include_str!("../assets/hosted.js")),
        script("htmx.js", include_str!("../assets/vendor/htmx/htmx.min.js")),
    ];
    all.extend(fonts);
    all
});

/// Every file.
pub fn all() -> &'static [Asset] {
    &ASSETS
}

/// The file that is served under this last segment of the path.
pub fn find(hashed: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.hashed == hashed)
}

/// Where the named file is. An unknown name gives a path that is not there: the gallery's test asks for each.
pub fn href(name: &str) -> String {
    let file = ASSETS.iter().find(|asset| asset.name == name).map_or(name, |asset| &asset.hashed);
    format!("/assets/{file}")
}
