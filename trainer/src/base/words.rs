//! What the base model can name, in English and Chinese: shapes, how bright they are, and where they lie.

/// The two languages of the base model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

impl Tongue {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::English, Self::Chinese];
}

/// A shape that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Circle,
    Square,
    Triangle,
    Annulus,
    Cross,
    Diamond,
    Star,
    Crescent,
    Bar,
    Hexagon,
    Capsule,
    Flower,
}

/// What fills a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fill {
    Bright,
    Dark,
    Striped,
    Spotted,
    Hazy,
}

/// A coarse place in the picture, by the middle of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Left,
    Right,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Circle,
        Self::Square,
        Self::Triangle,
        Self::Annulus,
        Self::Cross,
        Self::Diamond,
        Self::Star,
        Self::Crescent,
        Self::Bar,
        Self::Hexagon,
        Self::Capsule,
        Self::Flower,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self, tongue: Tongue) -> &'static str {
        let (english, chinese) = match self {
            Self::Circle => ("circle", "圆形"),
            Self::Square => ("square", "方块"),
            Self::Triangle => ("triangle", "三角"),
            Self::Annulus => ("ring", "圆环"),
            Self::Cross => ("cross", "十字"),
            Self::Diamond => ("diamond", "菱形"),
            Self::Star => ("star", "星星"),
            Self::Crescent => ("crescent", "月牙"),
            Self::Bar => ("bar", "长条"),
            Self::Hexagon => ("hexagon", "六边形"),
            Self::Capsule => ("capsule", "胶囊"),
            Self::Flower => ("flower", "花朵"),
        };
        pick(tongue, english, chinese)
    }
}

impl Fill {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Bright,
        Self::Dark,
        Self::Striped,
        Self::Spotted,
        Self::Hazy,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self, tongue: Tongue) -> &'static str {
        let (english, chinese) = match self {
            Self::Bright => ("bright", "明亮"),
            Self::Dark => ("dark", "黑暗"),
            Self::Striped => ("striped", "条纹"),
            Self::Spotted => ("spotted", "斑点"),
            Self::Hazy => ("hazy", "朦胧"),
        };
        pick(tongue, english, chinese)
    }
}

impl Side {
    /// Its name.
    #[must_use]
    pub fn name(self, tongue: Tongue) -> &'static str {
        match self {
            Self::Left => pick(tongue, "left", "左边"),
            Self::Right => pick(tongue, "right", "右边"),
        }
    }
}

fn pick(tongue: Tongue, english: &'static str, chinese: &'static str) -> &'static str {
    match tongue {
        Tongue::English => english,
        Tongue::Chinese => chinese,
    }
}

/// Words joined as the language joins them.
#[must_use]
pub fn join(tongue: Tongue, words: &[&str]) -> String {
    match tongue {
        Tongue::English => words.join(" "),
        Tongue::Chinese => words.concat(),
    }
}
