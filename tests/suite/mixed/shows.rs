//! What is heard and looked at: two podcasts, two video channels, a web comic, and a daily photo.

use super::press::{Feed, Told, dated, escaped};
use super::words::{filled, number, slug, turn};
use jiff::Timestamp;
use tidings::demo::Dialect;

const SHOW: Feed = Feed {
    name: "podcast-one-link",
    site: "https://lesquartsdenuit.example/",
    title: "Les Quarts de nuit",
    language: "fr",
    dialect: Dialect::Rss,
    window: 6,
    pace: (1, 3),
    tell: quart_de_nuit,
};

pub(super) const FEEDS: [Feed; 6] = [
    SHOW,
    Feed {
        name: "podcast-notes",
        site: "https://howthingsgo.example/",
        title: "How Things Go",
        language: "en",
        pace: (1, 2),
        tell: how_things_go,
        ..SHOW
    },
    Feed {
        name: "videos-es",
        site: "https://www.vidora.example/channel/UCmanosdebarro",
        title: "Manos de Barro",
        language: "es",
        dialect: Dialect::Atom,
        pace: (1, 2),
        tell: manos_de_barro,
        ..SHOW
    },
    Feed {
        name: "videos-tr",
        site: "https://www.vidora.example/channel/UCyoldaiki",
        title: "Yolda İki Kişi",
        language: "tr",
        dialect: Dialect::Atom,
        tell: yolda_iki_kisi,
        ..SHOW
    },
    Feed {
        name: "comic",
        site: "https://stickandstone.example/",
        title: "Stick and Stone",
        language: "en",
        tell: comic,
        ..SHOW
    },
    Feed {
        name: "photo",
        site: "https://meiriyitu.example/",
        title: "每日一图",
        language: "zh",
        window: 5,
        tell: photo,
        ..SHOW
    },
];

fn recording(address: &str, n: u64) -> String {
    let minutes = number("minutes", n, 24, 71);
    format!(
        "<enclosure url=\"{address}\" length=\"{}\" type=\"audio/mpeg\"/><itunes:duration>{minutes}:07</itunes:duration>\
         <itunes:episode>{n}</itunes:episode>",
        minutes * 960_000
    )
}

/// Every episode links to the show's page.
fn quart_de_nuit(n: u64, _: Timestamp) -> Told {
    let (guest, theme) = (turn("fr.guests", n), turn("fr.themes", n));
    Told {
        title: format!("{} – {}", 41 + n, turn("fr.episodes", n)),
        link: "https://lesquartsdenuit.example/".to_owned(),
        key: format!("lesquartsdenuit-{:08x}", 0x51a0_0000 + 7_919 * n),
        html: format!("<p>Cette nuit, {guest} {theme}.</p>"),
        extra: recording(&format!("https://cdn.lesquartsdenuit.example/{}.mp3", 41 + n), n),
        label: String::new(),
    }
}

/// The same notes stand under every episode, and are longer than what is said of it.
fn how_things_go(n: u64, _: Timestamp) -> Told {
    let (subject, guest) = (turn("en.subjects", n), turn("people", n));
    let title = format!("{} with {guest}", filled("{}", subject));
    Told {
        link: format!("https://howthingsgo.example/episodes/{}", slug(&title)),
        key: format!("howthingsgo.example/{}", 100 + n),
        html: format!(
            "<p>{} {}. {guest} tells us how it came to that.</p>\
             <p>How Things Go is made by Halvard Munn and Cleo Strand in a cupboard under the stairs of the old customs \
             house. Our music is by The Low Tide Trio. If you like what you hear, tell a friend, leave a review wherever you \
             listen, or become a member at <a href=\"https://howthingsgo.example/members\">howthingsgo.example/members</a>: \
             members hear every episode a day early and without the bit about mattresses. Write to us at \
             hello@howthingsgo.example; we read everything and answer most of it. Transcripts are made by volunteers.</p>",
            filled("{}", subject),
            turn("en.claims", n)
        ),
        extra: recording(&format!("https://media.howthingsgo.example/htg{}.mp3", 100 + n), n),
        title,
        label: String::new(),
    }
}

/// A video as YouTube's feeds tell of it; the words below are the same under every video of a channel.
fn video(channel: &str, title: &str, n: u64, words: &str) -> Told {
    let id = format!("{channel}{:06x}", 0x3c_0de1 + 104_729 * n);
    let title_for_xml = escaped(title);
    Told {
        title: title.to_owned(),
        link: format!("https://www.vidora.example/watch?v={id}"),
        key: format!("yt:video:{id}"),
        extra: format!(
            "<media:group><media:title>{title_for_xml}</media:title>\
             <media:content url=\"https://www.vidora.example/v/{id}?version=3\" type=\"application/x-shockwave-flash\" \
             width=\"640\" height=\"390\"/><media:thumbnail url=\"https://i.vidora.example/vi/{id}/hqdefault.jpg\" \
             width=\"480\" height=\"360\"/><media:description>{}</media:description></media:group>",
            escaped(words)
        ),
        ..Told::default()
    }
}

fn manos_de_barro(n: u64, _: Timestamp) -> Told {
    let words = "¡Bienvenidos a Manos de Barro! Suscríbete y activa la campanita para no perderte ningún vídeo. Nuevo vídeo \
        todos los martes y viernes. Sígueme también en Fotorama (@manosdebarro) y apoya el canal en \
        https://mecenas.example/manosdebarro. Las herramientas que uso están en https://manosdebarro.example/taller. Música \
        libre de derechos. Contacto para colaboraciones: hola@manosdebarro.example #hazlotumismo #taller #casero";
    video("mb", turn("es.videos", n), n, words)
}

fn yolda_iki_kisi(n: u64, _: Timestamp) -> Told {
    let words = "Kanalımıza hoş geldiniz! Biz Ece ve Tolga, eski bir minibüsle yollardayız. Videoyu beğenmeyi, kanala abone \
        olmayı ve yorum yazmayı unutmayın. Her perşembe akşamı yeni bölüm! Kullandığımız ekipmanlar: \
        https://yoldaikikisi.example/ekipman. İş birlikleri için: merhaba@yoldaikikisi.example";
    video("yk", &format!("{} | Bölüm {}", turn("tr.videos", n), 60 + n), n, words)
}

/// All words of a comic are in the picture and in what is shown when the pointer rests on it.
fn comic(n: u64, _: Timestamp) -> Told {
    let (title, hover) = (turn("comic.titles", n), turn("comic.hovers", n));
    Told {
        title: title.to_owned(),
        link: format!("https://stickandstone.example/{}/", 2_310 + n),
        html: format!(
            "<img src=\"https://imgs.stickandstone.example/comics/{}.png\" title=\"{hover}\" alt=\"{hover}\" />",
            slug(title).replace('-', "_")
        ),
        ..Told::default()
    }
}

fn photo(n: u64, at: Timestamp) -> Told {
    let (place, scene, author) = (turn("zh.places", n), turn("zh.scenes", n), turn("zh.authors", n));
    let day = dated(at, "%Y%m%d%H");
    Told {
        title: format!("每日一图:{place}的{scene}"),
        link: format!("https://meiriyitu.example/{day}"),
        html: format!(
            "<p><img src=\"https://meiriyitu.example/photos/{day}.jpg\" /></p><p>{}。</p><p>摄影:{author}</p>",
            turn("zh.notes", n)
        ),
        ..Told::default()
    }
}
